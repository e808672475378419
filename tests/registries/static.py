"""Stands in for nginx where that is not to be had: files, or what $mode says. See nginx.sh.

    static.py PORT DIRECTORY MODE
"""

import functools
import http.server
import pathlib
import sys
import threading

port, directory, mode = int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if (mode / "slow").exists():
            # Nobody waits for it; the thread ends with the server.
            threading.Event().wait(120)
        if (mode / "500").exists():
            self.send_error(500)
        else:
            super().do_GET()


handler = functools.partial(Handler, directory=directory)
http.server.ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever()

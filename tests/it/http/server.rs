//! A real HTTP server on the loopback interface that answers as it is told, also with
//! what no good server would: for tests of everything that fetches.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Method and target: `GET /a`.
    pub line: String,
    headers: Vec<(String, String)>,
}

impl Seen {
    /// One without headers.
    pub fn of_line(line: String) -> Self {
        Self {
            line,
            headers: Vec::new(),
        }
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Both directions of a connection.
pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

type Answering = dyn Fn(&Seen, &mut dyn Stream) -> std::io::Result<()> + Send + Sync;

/// One answer.
#[derive(Clone)]
pub struct Reply(Arc<Answering>);

impl Reply {
    /// Sends what this reply sends; for replies that choose another one.
    pub fn send(&self, seen: &Seen, stream: &mut dyn Stream) -> std::io::Result<()> {
        (self.0)(seen, stream)
    }

    /// Answers by hand.
    pub fn new(
        answer: impl Fn(&Seen, &mut dyn Stream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(answer))
    }

    /// A status with headers and a body of the right length.
    pub fn status(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref().to_vec();
        let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if status != 304 {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        head += "\r\n";
        Self::new(move |_, stream| {
            stream.write_all(head.as_bytes())?;
            stream.write_all(&body)
        })
    }

    /// 200 with a body.
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::status(200, &[], body)
    }

    /// 200 with an `ETag`, and 304 to who has it.
    pub fn tagged(tag: &str, body: impl AsRef<[u8]>) -> Self {
        let fresh = Self::status(200, &[("ETag", tag)], body);
        let same = Self::status(304, &[("ETag", tag)], "");
        let tag = tag.to_owned();
        Self::new(move |seen, stream| {
            let has_it = seen.header("if-none-match") == Some(&tag);
            let reply = if has_it { &same } else { &fresh };
            (reply.0)(seen, stream)
        })
    }

    /// 302 to an address.
    pub fn redirect(to: &str) -> Self {
        Self::status(302, &[("Location", to)], "")
    }

    /// 200 that announces a length and sends what it has.
    pub fn announced(length: usize, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref().to_vec();
        Self::new(move |_, stream| {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
            )?;
            stream.write_all(&body)
        })
    }

    /// 200 that announces a body, sends one byte of it and then nothing until the client
    /// goes away.
    pub fn stalled() -> Self {
        Self::new(|_, stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")?;
            stream.flush()?;
            stream.read(&mut [0]).map(|_| ())
        })
    }

    /// 200 whose body comes byte by byte and has no end; the client's going away is one.
    pub fn endless() -> Self {
        Self::new(|_, stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(b"x")?;
                stream.flush()?;
            }
        })
    }
}

/// The answers of each target in order; the last one is repeated. A target is one of `GET`
/// unless its method stands before it: `POST /`. [`ANY`] takes what no other one does.
pub type Routes = Vec<(&'static str, Vec<Reply>)>;

/// The target of everything that has none.
pub const ANY: &str = "ANY *";

struct Shared {
    routes: Mutex<HashMap<String, Vec<Reply>>>,
    seen: Mutex<Vec<Seen>>,
    stopped: AtomicBool,
}

/// A server that ends when it is dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    scheme: &'static str,
}

impl Server {
    /// Over plain HTTP.
    pub fn start(routes: Routes) -> Self {
        Self::start_with(routes, None)
    }

    /// Over TLS with a server configuration.
    pub fn start_tls(routes: Routes, tls: rustls::ServerConfig) -> Self {
        Self::start_with(routes, Some(Arc::new(tls)))
    }

    fn start_with(routes: Routes, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            routes: Mutex::new(by_target(routes)),
            seen: Mutex::new(Vec::new()),
            stopped: AtomicBool::new(false),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let for_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if for_thread.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared, tls) = (stream, Arc::clone(&for_thread), tls.clone())
                else {
                    continue;
                };
                // A client that goes away in the middle is part of the tests.
                std::thread::spawn(move || shared.connection(stream, tls));
            }
        });
        Self {
            address,
            shared,
            scheme,
        }
    }

    /// The address of a target.
    pub fn url(&self, target: &str) -> String {
        format!("{}://{}{target}", self.scheme, self.address)
    }

    /// Everything that was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The lines of everything that was asked so far.
    pub fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    /// One answer more.
    pub fn add(&self, line: &str, reply: Reply) {
        let mut routes = self.shared.routes.lock().unwrap();
        routes.insert(line.to_owned(), vec![reply]);
    }

    /// Other answers from now on, and forgets what was asked.
    pub fn set(&self, routes: Routes) {
        *self.shared.routes.lock().unwrap() = by_target(routes);
        self.shared.seen.lock().unwrap().clear();
    }
}

fn by_target(routes: Routes) -> HashMap<String, Vec<Reply>> {
    routes
        .into_iter()
        .map(|(target, replies)| match target.contains(' ') {
            true => (target.to_owned(), replies),
            false => (format!("GET {target}"), replies),
        })
        .collect()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn connection(&self, mut stream: TcpStream, tls: Option<Arc<rustls::ServerConfig>>) {
        let _ = match tls {
            None => self.answer(&mut stream),
            Some(tls) => {
                let connection = rustls::ServerConnection::new(tls).unwrap();
                let mut stream = rustls::StreamOwned::new(connection, stream);
                let answered = self.answer(&mut stream);
                stream.conn.send_close_notify();
                answered.and_then(|()| stream.flush())
            }
        };
    }

    fn answer(&self, stream: &mut dyn Stream) -> std::io::Result<()> {
        let seen = read_head(stream)?;
        let reply = {
            let mut all = self.seen.lock().unwrap();
            let nth = all.iter().filter(|other| other.line == seen.line).count();
            all.push(seen.clone());
            let routes = self.routes.lock().unwrap();
            let replies = routes.get(&seen.line).or_else(|| routes.get(ANY));
            replies.and_then(|replies| replies.get(nth).or(replies.last()).cloned())
        };
        match reply {
            Some(reply) => (reply.0)(&seen, stream)?,
            None => (Reply::status(404, &[], "nothing here").0)(&seen, stream)?,
        }
        stream.flush()
    }
}

/// The head of a request, read byte by byte so that nothing behind it is taken.
pub fn read_head(stream: &mut dyn Stream) -> std::io::Result<Seen> {
    let mut head = Vec::new();
    let mut byte = [0_u8];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let mut lines = BufReader::new(head.as_slice()).lines();
    let first = lines.next().unwrap()?;
    let mut headers = Vec::new();
    for line in lines {
        if let Some((name, value)) = line?.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Ok(Seen {
        line: first.rsplit_once(' ').unwrap().0.to_owned(),
        headers,
    })
}

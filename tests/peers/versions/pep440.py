import lines
from packaging.version import InvalidVersion, Version


def parse(text):
    try:
        return Version(text)
    except InvalidVersion as error:
        raise ValueError from error


lines.run(parse, lambda a, b: (a > b) - (a < b))

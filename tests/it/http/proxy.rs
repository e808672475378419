//! Proxies for tests: every host name that they are asked for leads to one server.

use super::server::{Seen, read_head};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a proxy does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `CONNECT` for https, whole addresses for http.
    Http,
    /// An HTTP proxy that refuses everything.
    Refusing,
    /// SOCKS 5 without a password.
    Socks,
}

/// A proxy; its thread ends with the process.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Proxy {
    /// Starts one that leads to `target`.
    pub fn start(kind: Kind, target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let _ = serve(kind, client, target, &shared);
                });
            }
        });
        Self { address, seen }
    }

    /// Every request so far; of SOCKS, `SOCKS host:port`.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(
    kind: Kind,
    mut client: TcpStream,
    target: SocketAddr,
    shared: &Mutex<Vec<Seen>>,
) -> std::io::Result<()> {
    if kind == Kind::Socks {
        let line = accept_socks(&mut client)?;
        shared.lock().unwrap().push(Seen::of_line(line));
        return pipe(client, TcpStream::connect(target)?);
    }
    let seen = read_head(&mut client)?;
    let line = seen.line.clone();
    shared.lock().unwrap().push(seen);
    if kind == Kind::Refusing {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    }
    let mut server = TcpStream::connect(target)?;
    if line.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    } else {
        let path = line.splitn(4, '/').nth(3).unwrap();
        write!(server, "GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n")?;
    }
    pipe(client, server)
}

/// The greeting and the request of RFC 1928, with a host name.
fn accept_socks(client: &mut TcpStream) -> std::io::Result<String> {
    let mut greeting = [0_u8; 2];
    client.read_exact(&mut greeting)?;
    client.read_exact(&mut vec![0_u8; usize::from(greeting[1])])?;
    client.write_all(&[5, 0])?;
    let mut head = [0_u8; 5];
    client.read_exact(&mut head)?;
    assert_eq!(head[3], 3, "the name is for the proxy to look up");
    let mut name = vec![0_u8; usize::from(head[4])];
    client.read_exact(&mut name)?;
    let mut port = [0_u8; 2];
    client.read_exact(&mut port)?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let name = String::from_utf8(name).unwrap();
    Ok(format!("SOCKS {name}:{}", u16::from_be_bytes(port)))
}

fn pipe(client: TcpStream, server: TcpStream) -> std::io::Result<()> {
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    let up = std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    let (mut server, mut client) = (server, client);
    std::io::copy(&mut server, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)?;
    let _ = up.join();
    Ok(())
}

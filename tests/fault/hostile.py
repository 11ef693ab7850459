#!/usr/bin/python3
"""Servers that ask for what is not theirs: a file of the client, the password in clear text; and those that are too old.

usage: hostile.py --ext BINDS.SO
They speak the protocol of MySQL as far as it takes.  (PostgreSQL's has no request for a file; a password in clear text is
libpq's to refuse, see require_auth in the README.)"""
import argparse
import os
import socket
import sqlite3
import struct
import sys
import tempfile
import threading
import traceback

SECRET, PASSWORD = b'not for anybody', 'wrong-horse'
# LONG_PASSWORD CONNECT_WITH_DB LOCAL_FILES PROTOCOL_41 TRANSACTIONS SECURE_CONNECTION PLUGIN_AUTH
CAPABILITIES = 0x1 | 0x8 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x80000
SALT = bytes(range(1, 21))


def greeting(version):
    return (b'\x0a' + version + b'\0' + struct.pack('<I', 7) + SALT[:8] + b'\0' +
            struct.pack('<HBHHB', CAPABILITIES & 0xffff, 45, 2, CAPABILITIES >> 16, 21) + bytes(10) + SALT[8:] +
            b'\0mysql_native_password\0')


OK = b'\0\0\0\x02\0\0\0'


class Server:
    """Takes one connection after the other; talk(self, peer) answers it.  heard: all that clients said."""

    def __init__(self, talk, version=b'5.5.5-10.11.0-MariaDB'):
        self.version = version
        self.heard, self.talked, self.talk = b'', 0, talk
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer = self.listener.accept()[0]
            peer.settimeout(5)
            try:
                self.send(peer, 0, greeting(self.version))
                self.receive(peer)
                self.talk(self, peer)
            except OSError:
                pass
            peer.close()

    def send(self, peer, number, payload):
        peer.sendall(struct.pack('<I', len(payload))[:3] + bytes([number]) + payload)

    def receive(self, peer):
        """The number of the packet that comes, which is noted; OSError when there is none."""
        head = self.exactly(peer, 4)
        self.heard += self.exactly(peer, struct.unpack('<I', head[:3] + b'\0')[0])
        return head[3]

    def exactly(self, peer, n):
        data = b''
        while len(data) < n:
            more = peer.recv(n - len(data))
            if not more:
                raise OSError('closed')
            data += more
        return data


def refused(options, server, *words):
    db = sqlite3.connect(':memory:', isolation_level=None)
    db.enable_load_extension(True)
    db.load_extension(options.ext)
    db.execute('INSERT INTO binds(key, url) VALUES (NULL, ?)', (f'mysql://app:{PASSWORD}@127.0.0.1:{server.port}/x?connect_timeout=5',))
    db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY)')
    try:
        db.execute('SELECT * FROM t').fetchall()
    except sqlite3.Error as e:
        text = str(e)
    else:
        raise AssertionError('was not refused')
    assert 'binds: [default]' in text and PASSWORD not in text, text
    for word in words:
        assert word in text, text
    assert server.talked > 0, 'it never came to that'


def test_clear_password(options):
    def talk(self, peer):
        self.send(peer, 2, b'\xfemysql_clear_password\0' + SALT + b'\0')
        self.talked += 1
        self.receive(peer)
    server = Server(talk)
    refused(options, server, 'shows it the password')
    assert PASSWORD.encode() not in server.heard, server.heard


def test_caching_sha2_password_without_tls(options):
    """MySQL's usual login ends in the password itself where the server has not seen the account before."""
    def talk(self, peer):
        self.send(peer, 2, b'\xfecaching_sha2_password\0' + SALT + b'\0')
        self.talked += 1
        number = self.receive(peer)
        self.send(peer, number + 1, b'\x01\x04')     # the whole login, please
        self.receive(peer)
    server = Server(talk)
    refused(options, server, 'ssl_mode=')
    assert PASSWORD.encode() not in server.heard, server.heard


def test_file(options):
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(SECRET)
    os.chmod(file.name, 0o644)

    def talk(self, peer):
        self.send(peer, 2, OK)
        while True:
            number = self.receive(peer)
            self.send(peer, number + 1, b'\xfb' + file.name.encode())
            self.talked += 1
            number = self.receive(peer)
            self.send(peer, number + 1, OK)
    server = Server(talk)
    try:
        refused(options, server)
        assert SECRET not in server.heard, server.heard
    finally:
        os.unlink(file.name)


def test_too_old(options):
    def talk(self, peer):
        self.send(peer, 2, OK)
        self.talked += 1
        self.receive(peer)
    refused(options, Server(talk, b'5.6.24'), 'MySQL 5.6.24', 'too old', 'MySQL 5.7.7')
    refused(options, Server(talk, b'5.5.5-10.1.48-MariaDB'), 'MariaDB 10.1.48', 'too old', 'MariaDB 10.2.5')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--ext', required=True)
    options = parser.parse_args()
    failed = 0
    for test in (test_clear_password, test_caching_sha2_password_without_tls, test_file, test_too_old):
        name = 'hostile server: ' + test.__name__[5:].replace('_', ' ')
        try:
            test(options)
            print(f'ok - {name}', flush=True)
        except Exception:   # whatever it is, it is this test's failure
            failed += 1
            for line in traceback.format_exc().splitlines()[-6:]:
                print('#', line)
            print(f'not ok - {name}', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())

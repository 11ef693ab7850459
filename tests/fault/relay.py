"""Between a client and its server: a port of this process that can take an answer away, or give its own."""
import socket
import threading


def nowhere():
    """In a server's place: nobody is there any more."""
    ends = socket.socketpair()
    ends[0].close()
    return ends[1]


class Relay:
    """connect() gives a new connection to the server.  mute = True: the next answer is lost, and with it the connection;
    the server has done what was asked for.  instead(request): the answer in the server's stead, which then is not asked; None =
    the server's own."""

    def __init__(self, connect, instead=lambda request: None):
        self.connect, self.instead, self.mute = connect, instead, False
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, server = self.listener.accept()[0], self.connect()
            for a, b, back in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.copy, args=(a, b, back), daemon=True).start()

    def copy(self, a, b, back):
        try:
            while data := a.recv(65536):
                if back and self.mute:
                    self.mute = False
                    break
                answer = None if back else self.instead(data)
                (b if answer is None else a).sendall(data if answer is None else answer)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

"""A path with delay: TCP proxies on one thread that pass bytes on DELAY seconds after they came, each way, and count
the round trips that were made one after the other.

The count is a logical clock.  What the client sends belongs to one round trip more than the latest answer that had
reached it by then; an answer belongs to the round trip of the latest bytes that its server had got on that connection.
`trips` is that of the latest answer delivered: two servers asked at once are one round trip, asked one after the other
they are two, and what nobody waited for is none.  TCP's handshake is one: what the client sends first, and what a
server says that speaks first, are one more, and take as long."""
import collections
import contextlib
import selectors
import socket
import threading
import time

DELAY = 0.005       # seconds each way: a round trip takes twice as long
CHUNK = 1 << 16


class Flow:
    """One direction of one connection: chunks on their way."""

    def __init__(self, source, target, to_server):
        self.source, self.target, self.to_server = source, target, to_server
        self.peer = None
        self.queue = collections.deque()        # (due, trip, bytes; None: the end of the handshake)
        self.trip = 0                           # of the latest chunk that arrived
        self.open_from, self.first_trip = 0.0, 0        # to a server: when the client may send, and in which round trip
        self.server = None


class Path:
    def __init__(self, delay=DELAY):
        self.delay = delay
        self.trips = 0
        self.connections = 0
        self.selector = selectors.DefaultSelector()
        self.listeners = {}
        self.flows = []
        self.wake, self.waker = socket.socketpair()
        self.selector.register(self.wake, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.ended = False
        self.thread.start()

    def to(self, host, port):
        """A port of this machine that leads there."""
        listener = socket.create_server(('127.0.0.1', 0))
        self.listeners[listener] = (host, port)
        self.selector.register(listener, selectors.EVENT_READ, listener)
        self.waker.send(b'.')
        return listener.getsockname()[1]

    def close(self):
        self.ended = True
        self.waker.send(b'.')
        self.thread.join()
        for flow in self.flows:
            flow.source.close()
        for listener in self.listeners:
            listener.close()
        self.selector.close()
        self.wake.close()
        self.waker.close()

    # ---- the thread -------------------------------------------------------------------------------------

    def run(self):
        while not self.ended:
            due = min((f.queue[0][0] for f in self.flows if f.queue), default=None)
            wait = None if due is None else max(0.0, due - time.monotonic())
            for key, _ in self.selector.select(wait):
                if key.data is None:
                    self.wake.recv(100)
                elif isinstance(key.data, Flow):
                    self.receive(key.data)
                else:
                    self.accept(key.data)
            for flow in list(self.flows):
                self.deliver(flow)

    def accept(self, listener):
        client = listener.accept()[0]
        flow = Flow(client, None, True)
        flow.server = self.listeners[listener]
        flow.open_from, flow.first_trip = time.monotonic() + 2 * self.delay, self.trips + 2
        flow.queue.append((flow.open_from + self.delay, flow.first_trip, None))
        self.connections += 1
        self.watch(flow)

    def watch(self, flow):
        flow.source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.flows.append(flow)
        self.selector.register(flow.source, selectors.EVENT_READ, flow)

    def reach(self, flow):
        """The handshake is over: the server hears of the client."""
        flow.target = socket.create_connection(flow.server)
        back = Flow(flow.target, flow.source, False)
        flow.peer, back.peer = back, flow
        self.watch(back)

    def receive(self, flow):
        try:
            data = flow.source.recv(CHUNK)
        except OSError:
            data = b''
        due, trip = time.monotonic() + self.delay, flow.peer.trip if not flow.to_server else self.trips + 1
        if flow.to_server:
            due, trip = max(due, flow.open_from + self.delay), max(trip, flow.first_trip)
        flow.queue.append((due, trip, data))
        if not data:
            self.selector.unregister(flow.source)

    def deliver(self, flow):
        now = time.monotonic()
        while flow.queue and flow.queue[0][0] <= now:
            _, trip, data = flow.queue.popleft()
            flow.trip = max(flow.trip, trip)
            if not flow.to_server:
                self.trips = max(self.trips, trip)
            if data is None:
                self.reach(flow)
                continue
            with contextlib.suppress(OSError):      # its other end may have gone
                if data:
                    flow.target.sendall(data)
                else:
                    flow.target.shutdown(socket.SHUT_WR)
            if not data:
                flow.queue.clear()
                self.flows.remove(flow)
                if flow.peer not in self.flows:     # both directions have ended
                    flow.source.close()
                    flow.target.close()
                return

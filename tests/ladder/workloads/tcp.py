# SPDX-License-Identifier: Apache-2.0
"""One TCP connection to ourselves: tcp.py PORT SENT RECEIVED; the client sends and receives as many bytes."""
import socket
import sys
import threading

port, sent, received = map(int, sys.argv[1:])
listener = socket.create_server(("127.0.0.1", port))


def serve():
    peer, _ = listener.accept()
    while data := peer.recv(65536):
        pass
    peer.sendall(b"r" * received)
    peer.close()


server = threading.Thread(target=serve)
server.start()
client = socket.create_connection(("127.0.0.1", port))
client.sendall(b"s" * sent)
client.shutdown(socket.SHUT_WR)
while client.recv(65536):
    pass
client.close()
server.join()

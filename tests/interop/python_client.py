"""A client on Python's ssl module: PORT CA NAME VERSION (TLSv1_2 or TLSv1_3). Sends its stdin, prints as many bytes of the
answer on stdout, and the version on stderr. A peer that is refused ends it with status 1 and the reason on stderr."""

import socket
import ssl
import sys

port, ca, name, version = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
payload = sys.stdin.buffer.read()
with socket.create_connection(("127.0.0.1", int(port)), 60) as plain:
    try:
        tls = context.wrap_socket(plain, server_hostname=name)
    except ssl.SSLCertVerificationError as refusal:
        sys.exit(f"refused: {refusal.verify_message}")
    with tls:
        print(tls.version(), tls.cipher()[0], file=sys.stderr)
        tls.sendall(payload)
        answer = b""
        while len(answer) < len(payload):
            chunk = tls.recv(65536)
            if not chunk:
                sys.exit("the answer ended early")
            answer += chunk
        sys.stdout.buffer.write(answer)
        tls.unwrap()

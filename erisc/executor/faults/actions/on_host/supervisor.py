"""Asks supervisord one thing over its local socket: SOCKET METHOD PROGRAM. Prints the program's process id, if asked.

supervisord.org, "XML-RPC API Documentation". Runs on the host by any Python 3; only `socket` is imported, so that it
costs some milliseconds and not those of xmlrpc.client.
"""

import socket
import sys

ARGUMENTS = {"startProcess": "<param><value><boolean>0</boolean></value></param>", "getProcessInfo": ""}
TOLERATED = {"startProcess": "ALREADY_STARTED", "stopProcess": "NOT_RUNNING"}


def between(text, before, after):
    return text.partition(before)[2].partition(after)[0]


def main(path, method, program):
    wait = method == "stopAndWait"
    method = "stopProcess" if wait else method
    name = program.replace("&", "&amp;").replace("<", "&lt;")
    more = ARGUMENTS.get(method, "<param><value><boolean>%d</boolean></value></param>" % wait)
    body = (
        "<?xml version='1.0'?><methodCall><methodName>supervisor.%s</methodName><params><param><value><string>%s"
        "</string></value></param>%s</params></methodCall>" % (method, name, more)
    ).encode()
    head = "POST /RPC2 HTTP/1.0\r\nHost: supervisor\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(body)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(60)
    sock.connect(path)
    sock.sendall(head.encode() + body)
    answer = b""
    while True:
        more = sock.recv(65536)
        if not more:
            break
        answer += more
    text = answer.decode("utf-8", "replace")
    if "<fault>" in text:
        said = between(text.partition("faultString")[2], "<string>", "</string>")
        if not said.startswith(TOLERATED.get(method, "\0")):
            return "supervisord refused %s of %s: %s" % (method, program, said)
    elif "<methodResponse>" not in text:
        return "supervisord does not answer as it should: %s" % text[:80]
    elif method == "getProcessInfo":
        pid = between(text.partition("<name>pid</name>")[2], "<int>", "</int>")
        print("" if pid == "0" else pid)
    return None


try:
    sys.exit(main(*sys.argv[1:]))
except OSError as error:
    sys.exit("supervisord does not answer at %s: %s" % (sys.argv[1], error))

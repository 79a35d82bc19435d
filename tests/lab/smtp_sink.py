"""A mail server for a lab host: takes every mail on 127.0.0.1:25 and stores it as a file.

Run as `smtp_sink.py DIRECTORY`. A mail is a JSON file with sender, recipients and the text as it
came; it appears under its name only when it is whole.
"""
import asyncio
import json
import os
import signal
import sys

from aiosmtpd.smtp import SMTP


class Store:
    def __init__(self, directory):
        self._directory = directory
        self._count = 0

    async def handle_DATA(self, _server, _session, envelope):
        self._count += 1
        mail = {"sender": envelope.mail_from, "recipients": envelope.rcpt_tos,
                "text": envelope.content.decode(errors="replace")}
        path = os.path.join(self._directory, f"{self._count:06}.json")
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump(mail, file)
        os.rename(path + ".part", path)
        return "250 stored"


async def serve(directory):
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    store = Store(directory)
    server = await loop.create_server(lambda: SMTP(store, hostname="localhost"), "127.0.0.1", 25)
    await ended.wait()
    server.close()


asyncio.run(serve(sys.argv[1]))

"""What runs beside the suite: nginx on the nodes, Apache behind it, a mail server everywhere."""
import email
import email.policy
import json
import os
import shutil
import signal
import socket
from dataclasses import dataclass

from .namespaces import inside
from .programs import PYTHON, SEED_FILES, here
from .waiting import wait_until

NGINX_CONF = """daemon off;
# One worker: each counts round robin on its own, and two would not alternate.
worker_processes 1;
pid /run/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/nginx-site.conf;
}}
"""

APACHE_CONF = """ServerRoot {directory}
ServerName {name}
DefaultRuntimeDir /run
PidFile /run/apache2.pid
Listen 80
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
StartServers 1
ThreadsPerChild 25
User www-data
Group www-data
ErrorLog {directory}/error.log
DirectoryIndex index.html
DocumentRoot {directory}/htdocs
<Directory {directory}/htdocs>
    Require all granted
</Directory>
"""


def listens(host, port, address="127.0.0.1"):
    """Whether something on the host accepts TCP connections there."""
    def attempt():
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((address, port)) == 0
    return inside(host.namespace, attempt)


class _Service:
    """A program on a host that is ready when it accepts connections at `port`."""

    port = 80
    name = ""

    def __init__(self, host):
        self.host = host
        self.directory = host.directory / self.name
        self.directory.mkdir()
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self, wait=True):
        self.process = self.host.popen(self.command(), f"{self.name}.log")
        if wait:
            self.wait_ready()

    def wait_ready(self):
        def ready():
            if not self.process.alive():
                raise RuntimeError(f"{self.name} on {self.host.name} ended with "
                                   f"{self.process.returncode}: {self.process.log_text()}")
            return listens(self.host, self.port)
        wait_until(ready, 20, f"{self.name} on {self.host.name} accepts connections")

    def stop(self):
        """As an operator stops it, orderly."""
        self.process.stop()

    def kill(self):
        """Every process of it at once."""
        executable = os.path.basename(self.command()[0])
        for pid, _ in self.host.processes(executable):
            self.host.kill(pid, signal.SIGKILL)
        self.process.wait(10)


class Nginx(_Service):
    """nginx with the seed's site, unedited: it hands requests on to the two web servers."""

    name = "nginx"

    def __init__(self, host, site=SEED_FILES / "nginx-site.conf"):
        super().__init__(host)
        shutil.copy(site, self.directory / "nginx-site.conf")
        text = NGINX_CONF.format(directory=self.directory)
        (self.directory / "nginx.conf").write_text(text)

    def command(self):
        return ["/usr/sbin/nginx", "-p", str(self.directory), "-e",
                str(self.directory / "error.log"), "-c", str(self.directory / "nginx.conf")]


class WebServer(_Service):
    """Apache that answers every request for / with one line."""

    name = "apache2"

    def __init__(self, host, answer):
        super().__init__(host)
        (self.directory / "htdocs").mkdir()
        (self.directory / "htdocs" / "index.html").write_text(answer + "\n")
        text = APACHE_CONF.format(directory=self.directory, name=host.name)
        (self.directory / "apache2.conf").write_text(text)

    def command(self):
        return ["/usr/sbin/apache2", "-DFOREGROUND", "-f", str(self.directory / "apache2.conf")]


@dataclass(frozen=True)
class Mail:
    sender: str
    recipients: list
    subject: str
    body: str
    text: str  # as it came, headers included


class MailServer(_Service):
    """A real SMTP server on the host's 127.0.0.1:25; `mail` and sendmail reach it too."""

    name = "mail"
    port = 25

    def command(self):
        return [PYTHON, "-I", here("smtp_sink.py"), str(self.directory)]

    def mails(self):
        """What has arrived so far, oldest first."""
        found = []
        for path in sorted(self.directory.glob("*.json")):
            mail = json.loads(path.read_text())
            message = email.message_from_string(mail["text"], policy=email.policy.default)
            found.append(Mail(mail["sender"], mail["recipients"], str(message["subject"] or ""),
                              message.get_content() if not message.is_multipart() else "",
                              mail["text"]))
        return found

    def subjects(self):
        return [mail.subject for mail in self.mails()]

    def wait_mail(self, text, timeout, after=0):
        """The first mail past the first `after` ones whose subject contains `text`."""
        def find():
            return next((mail for mail in self.mails()[after:] if text in mail.subject), None)
        return wait_until(find, timeout, lambda: f"{self.host.name} mails {text!r}; it mailed "
                          f"{self.subjects()}")

"""Passwords apart from the configuration: credentials of systemd."""
from lab.package import ONE_ROUTER
from lab.waiting import wait_until

SECRET = "include ${_ENV CREDENTIALS_DIRECTORY}/secrets.conf\n"
WITH_PASSWORD = SECRET + ONE_ROUTER.replace(
    "priority", "authentication {\nauth_type PASS\nauth_pass $PASSWORD\n}\npriority")


def start(machine):
    machine.write("/etc/keepalived/keepalived.conf", WITH_PASSWORD, 0o600)
    machine.check("systemctl start holdfast.target")
    wait_until(lambda: "10.10.0.100/24" in machine.addresses(), 20, "the address is held")


def net_pb(machine):
    """What the helper reads."""
    machine.check("cp /run/holdfast/config/net.pb /share/net.pb; chmod 644 /share/net.pb")
    return (machine.share / "net.pb").read_bytes()


def test_passwords_may_lie_in_a_credential(machine):
    # A missing file is an empty one.
    machine.write("/etc/keepalived/keepalived.conf", SECRET + ONE_ROUTER, 0o600)
    machine.check("systemctl start holdfast-config")
    machine.write("/etc/holdfast/secrets.conf", "$PASSWORD=s3same1\n", 0o600)
    machine.check("systemctl stop holdfast-config")
    start(machine)
    assert b"s3same1" in net_pb(machine)
    # By a reload the unit keeps what it had at its start.
    machine.write("/etc/holdfast/secrets.conf", "$PASSWORD=s3same2\n", 0o600)
    machine.check("systemctl reload holdfast-config")
    assert b"s3same1" in net_pb(machine)
    before = {name: machine.main_pid(f"holdfast-{name}")
              for name in ("net-helper", "vrrp-engine", "checker", "notifier")}
    machine.check("systemctl restart holdfast-config && systemctl reload holdfast-config")
    assert b"s3same2" in net_pb(machine)
    assert before == {name: machine.main_pid(f"holdfast-{name}") for name in before}
    assert machine.run("systemctl --failed --plain --no-legend").stdout == ""
    # Nobody but the unit has it.
    for reader in ("nobody", "holdfast-net", "holdfast-engine", "holdfast-check"):
        for path in ("/run/credentials/holdfast-config.service/secrets.conf",
                     "/run/holdfast/config/secrets.conf"):
            assert machine.run(f"setpriv --reuid {reader} --clear-groups --inh-caps=-all "
                               f"cat {path}").returncode != 0, (reader, path)
    assert "s3same" not in machine.journal("holdfast-*")


def test_an_encrypted_credential_does_as_well(machine):
    machine.check("printf '$PASSWORD=s3same3\\n' | "
                  "systemd-creds encrypt --with-key=host --name=secrets.conf - /etc/secrets.cred")
    machine.write("/etc/systemd/system/holdfast-config.service.d/secrets.conf",
                  "[Service]\nLoadCredential=\n"
                  "LoadCredentialEncrypted=secrets.conf:/etc/secrets.cred\n")
    machine.check("systemctl daemon-reload")
    start(machine)
    assert b"s3same3" in net_pb(machine)
    machine.check("systemctl reload holdfast-config")
    assert b"s3same3" in net_pb(machine)

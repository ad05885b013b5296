"""Pages of our web server, beside nginx: one page of 1,024 bytes, over 32 connections that are kept.

wrk asks, with one thread. nginx has one process and Debian's settings, without its logs and its limit of requests for a
connection. As ours, it looks at the file for each answer; the second row, for orientation, is nginx when it keeps files
open without looking. Ours runs as in a lab, and tells the log of a hundred requests a second.
"""

from __future__ import annotations

import re

from figures import Figure
from progress import Steps
from servers import MEASURED, WARM, Servers, beside, servers

SIZE = 1024
_LAB = """\
name: web
lans: {lan: {}}
nodes:
  web: {lans: [lan], services: {web: {root: site}}}
"""
_NGINX = """\
daemon off; master_process off; worker_processes 1; pid /tmp/pid; error_log /dev/null crit;
events { worker_connections 768; }
http {
  sendfile on; tcp_nopush on; types_hash_max_size 2048; include /etc/nginx/mime.types;
  access_log off; keepalive_requests 1000000000; %s
  server { listen 80; root /lab/pages/site; }
}
"""
_KEEPING = "open_file_cache max=100; open_file_cache_valid 60s;"


def seconds(runs: int) -> float:
    return 30 + runs * 3 * (WARM + MEASURED + 1)


def figures(runs: int, steps: Steps) -> list[Figure]:
    page = ("x" * 63 + "\n") * (SIZE // 64)
    files = {"lab.yaml": _LAB, "pages/site/index.html": page}
    files |= {"nginx.conf": _NGINX % "", "nginx-keeping.conf": _NGINX % _KEEPING}
    with servers(files, steps) as all_:
        all_.pin("web")
        for name in ("nginx", "nginx-keeping"):
            all_.add(name, "nginx", "-c", f"/lab/{name}.conf")
        version = all_.ask("nginx", "sh", "-c", "nginx -v 2>&1").strip().removeprefix("nginx version: ")
        names = {"web": "ours", "nginx": version, "nginx-keeping": f"{version}, files kept open"}
        return beside(f"pages of {SIZE:,} bytes", lambda name: _rate(all_, name), names, runs, steps)


def _rate(all_: Servers, server: str) -> float:
    """Pages a second. Every answer must be one."""
    command = ("wrk", "-t1", "-c32")
    all_.ask(server, *command, f"-d{WARM}s", "http://127.0.0.1/index.html")
    said = all_.ask(server, *command, f"-d{MEASURED}s", "http://127.0.0.1/index.html")
    found = re.search(r"Requests/sec: +([\d.]+)", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"wrk beside {server}: not every answer is a page\n{said}")
    return float(found[1])

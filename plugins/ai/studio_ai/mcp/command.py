"""``studio mcp``"""

from __future__ import annotations

import sys

import click

from studio_kernel.errors import ConfigurationError


@click.command()
@click.option("--transport", type=click.Choice(["stdio", "http"]), default="stdio", show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on, for http.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="Port, for http.")
def mcp(transport: str, host: str, port: int) -> None:
    """Offer the assistant's tools to AI clients, by the Model Context Protocol.

    Over stdio the API key stands in STUDIO_AI_MCP_API_KEY; calls are made with its scopes and its owner's rights.
    Over http each client sends its own key, as X-API-Key or as a bearer token, with every request.
    """
    try:
        from studio_ai.mcp.server import serve_http, serve_stdio
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise ConfigurationError(["studio mcp needs the extra mcp: pip install 'studio-ai[mcp]'"]) from error
    if transport == "stdio":
        serve_stdio()
    else:
        click.echo(f"MCP at http://{host}:{port}/mcp", file=sys.stderr)
        serve_http(host, port)

"""Tools in, the MCP server out: what assistants find at riskscore."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mcp.server import MCPServer
from mcp.server.mcpserver import Context as Call
from mcp_types import ToolAnnotations

from riskscore import __version__
from riskscore.api.context import Context
from riskscore.mcp.quoting import NOTICE
from riskscore.mcp.tools import Caller, Tools
from riskscore.wire.answers import regimes_answer
from riskscore.wire.encoding import encode_json

INSTRUCTIONS = f"""\
riskscore reads corporate news and says how exposed each company is to US-China regulation. It answers from
the news stored on this server; every answer names the model, the knowledge files, the moment it holds for,
and citations: pass them on. No news is not clearance. It is no legal advice.
{NOTICE}
Nothing here can be changed through these tools."""

_READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def make_server(context: Context, caller: Callable[[Call], Caller]) -> MCPServer[None]:
    """The server; parameters as of `Tools`."""
    logging.getLogger("mcp").setLevel(logging.WARNING)  # lesser records repeat what was asked for
    server: MCPServer[None] = MCPServer(
        "riskscore",
        title="riskscore",
        instructions=INSTRUCTIONS,
        version=__version__,
        log_level="WARNING",
        subscriptions=False,
    )
    tools = Tools(context, caller)
    for tool, title in (
        (tools.score_text, "Score a text"),
        (tools.company_risk, "A company's risk"),
        (tools.search_companies, "Find companies"),
        (tools.company_timeline, "A company's risk over time"),
        (tools.list_instruments, "List rules"),
        (tools.get_instrument, "Show a rule"),
        (tools.recent_changes, "What came in last"),
    ):
        server.add_tool(tool, title=title, annotations=_READ_ONLY)

    @server.resource(
        "riskscore://model/card",
        title="Model card",
        description="What the model in force was trained on, what it does well and badly, as measured.",
        mime_type="text/markdown",
    )
    async def model_card() -> str:
        return context.assessor.model.card

    @server.resource(
        "riskscore://labels",
        title="What the labels mean",
        description="Regimes, severities, stages and directions: the words in which a score answers.",
        mime_type="application/json",
    )
    async def labels() -> str:
        knowledge = context.assessor.knowledge
        answer = {"knowledge_hash": knowledge.hash, **regimes_answer(knowledge.vocabulary)}
        return encode_json(answer, indent=True).decode()

    return server

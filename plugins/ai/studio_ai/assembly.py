"""The parts of the assistant, put together for one platform."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from studio_ai.analysis import Analysis
from studio_ai.bounded import BoundedCalls
from studio_ai.chat import Chat
from studio_ai.conversations import Conversations
from studio_ai.grounding import Grounding
from studio_ai.keeping import Keeping
from studio_ai.limits import Limits
from studio_ai.policies import PolicyDrafts, PolicyLibrary
from studio_ai.policies.refining import RefinedDrafts
from studio_ai.reasoning import ModelAnswers
from studio_ai.refinements import Refinements
from studio_ai.registry import ProviderRegistry
from studio_ai.retrieval.embedding import Embedder
from studio_ai.retrieval.index import PassageIndex
from studio_ai.retrieval.search import PassageSearch
from studio_ai.settings import AiSettings
from studio_ai.tooling import Toolbox
from studio_ai.tools import AssistantTools

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class Assistant:
    """Builds each part at its first use."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.settings = platform.settings.section(AiSettings)

    @cached_property
    def embedder(self) -> Embedder:
        return Embedder(wanted=self.settings.embeddings)

    @cached_property
    def index(self) -> PassageIndex:
        return PassageIndex(self.platform, self.embedder)

    @cached_property
    def search(self) -> PassageSearch:
        return PassageSearch(self.platform, self.embedder)

    @cached_property
    def grounding(self) -> Grounding:
        return Grounding(self.platform, self.search)

    @cached_property
    def conversations(self) -> Conversations:
        return Conversations(self.platform)

    @cached_property
    def policies(self) -> PolicyLibrary:
        return PolicyLibrary()

    @cached_property
    def drafts(self) -> PolicyDrafts:
        return PolicyDrafts(self.platform, self.policies)

    @cached_property
    def keeping(self) -> Keeping:
        return Keeping(self.platform, self.drafts)

    @cached_property
    def tools(self) -> AssistantTools:
        return AssistantTools(self.platform, self.search, self.grounding, self.keeping)

    @cached_property
    def toolbox(self) -> Toolbox:
        return Toolbox(self.platform)

    @cached_property
    def limits(self) -> Limits:
        return Limits(self.platform)

    @cached_property
    def providers(self) -> ProviderRegistry:
        return ProviderRegistry(self.platform)

    @cached_property
    def calls(self) -> BoundedCalls:
        return BoundedCalls(
            self.settings.timeout_seconds,
            self.settings.concurrent_calls,
            self.settings.rest_seconds,
            after=self.platform.database.close_thread,
        )

    @cached_property
    def models(self) -> ModelAnswers:
        return ModelAnswers(self.platform, self.calls, self.toolbox, self.limits)

    @cached_property
    def refined(self) -> RefinedDrafts:
        return RefinedDrafts(self.drafts, self.models)

    @cached_property
    def refinements(self) -> Refinements:
        return Refinements(self.platform)

    @cached_property
    def analysis(self) -> Analysis:
        return Analysis(self.platform, self.search, self.policies, self.models, self.refinements)

    @cached_property
    def chat(self) -> Chat:
        return Chat(
            self.platform,
            self.providers,
            self.policies,
            self.grounding,
            self.conversations,
            self.models,
            self.calls,
            self.limits,
        )

from aurora.llm.base import LLMConfig, LLMProvider

__all__ = ["LLMConfig", "LLMProvider"]

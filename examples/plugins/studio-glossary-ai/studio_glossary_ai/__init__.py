"""An AI provider that answers from a glossary, as a plugin of Studio Platform."""

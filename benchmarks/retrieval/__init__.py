"""How well passages are found: questions over a written set of policies whose answers' places are known."""

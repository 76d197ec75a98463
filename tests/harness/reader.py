"""A reader that is sure of what a test says: stories about the line must not hang on how a model reads today."""

from collections.abc import Callable, Mapping

from nlp.intents import Intent
from nlp.replies import exact
from nlp.understanding import Context, Scope, Understanding

WISHES: Mapping[str, tuple[Intent, ...]] = {
    "Please unsubscribe me. And send me a copy": (Intent.ACCESS, Intent.UNSUBSCRIBE),
    "What do you hold on me?": (Intent.ACCESS,), "take me off": (Intent.UNSUBSCRIBE,),
    "unsubscribe me": (Intent.UNSUBSCRIBE,), "Inscrivez-moi": (Intent.SUBSCRIBE,),
}


def scripted(wishes: Mapping[str, tuple[Intent, ...]] = WISHES) -> Callable[[str, Context], Understanding]:
    """Exact replies as ever; else the first wish whose words the text holds; else nothing is recognised."""

    def understand(text: str, context: Context) -> Understanding:
        answer = exact(text, context.thread)
        if answer is not None:
            return Understanding((answer,), 0.999, {answer: 0.999}, Scope(), "en", method="exact")
        found = next((intents for words, intents in wishes.items() if words.lower() in text.lower()), (Intent.OTHER,))
        language = "fr" if "moi" in text else "en"
        return Understanding(found, 0.97, dict.fromkeys(found, 0.97), Scope(), language, model_version="scripted")

    return understand

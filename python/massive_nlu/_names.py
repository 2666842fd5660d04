"""The numbers of classes.

The data set on the hub numbered intents and scenarios in the order below, so that a
model that was trained there has these numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

from . import _native

SCENARIOS = (
    "social", "transport", "calendar", "play", "news", "datetime", "recommendation", "email", "iot", "general",
    "audio", "lists", "qa", "cooking", "takeaway", "music", "alarm", "weather",
)  # fmt: skip

INTENTS = (
    "datetime_query", "iot_hue_lightchange", "transport_ticket", "takeaway_query", "qa_stock", "general_greet",
    "recommendation_events", "music_dislikeness", "iot_wemo_off", "cooking_recipe", "qa_currency",
    "transport_traffic", "general_quirky", "weather_query", "audio_volume_up", "email_addcontact",
    "takeaway_order", "email_querycontact", "iot_hue_lightup", "recommendation_locations", "play_audiobook",
    "lists_createoradd", "news_query", "alarm_query", "iot_wemo_on", "general_joke", "qa_definition",
    "social_query", "music_settings", "audio_volume_other", "calendar_remove", "iot_hue_lightdim",
    "calendar_query", "email_sendemail", "iot_cleaning", "audio_volume_down", "play_radio", "cooking_query",
    "datetime_convert", "qa_maths", "iot_hue_lightoff", "iot_hue_lighton", "transport_query", "music_likeness",
    "email_query", "play_music", "audio_volume_mute", "social_post", "alarm_set", "qa_factoid", "calendar_set",
    "play_game", "alarm_remove", "lists_remove", "transport_taxi", "recommendation_movies", "iot_coffee",
    "music_query", "play_podcasts", "lists_query",
)  # fmt: skip

_ORDER = {"scenario": SCENARIOS, "intent": INTENTS}


def class_names(kind: str, met: Iterable[str | None] = ()) -> list[str]:
    """The names of ``intent``, ``scenario`` or ``slot`` by number: those of the release,
    intents and scenarios as on the hub, slots in code-point order after ``Other``; and
    after them whatever else was met.

    >>> from massive_nlu._names import class_names
    >>> class_names("intent").index("alarm_set"), class_names("slot")[:3]
    (48, ['Other', 'alarm_type', 'app_name'])
    """
    known = _native.names(kind, list(met))
    first = [name for name in _ORDER.get(kind, ()) if name in known]
    return [*first, *(name for name in known if name not in first)]

"""What receipts say, in three languages: they are written far from any page, so these are not among its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expertise.inbox.refusal_help_phrases import MENDING
from expertise.inbox.undo_phrases import UNDOING
from workflows.definition import LANGUAGES, Text


def say(code: str, **values: Any) -> Text:
    """The sentence with its values; a value may be text by language. Values are never sentences again."""
    return {
        language: PHRASES[code][language].format(
            **{name: value[language] if isinstance(value, Mapping) else value for name, value in values.items()}
        )
        for language in LANGUAGES
    }


def together(texts: list[Text], between: str = "\n") -> Text:
    """One text of several."""
    return {language: between.join(text[language] for text in texts) for language in LANGUAGES}


PHRASES: Mapping[str, Text] = {
    **MENDING,
    **UNDOING,
    "answers_kept": {
        "kk": "{reference}: жауаптарыңыз сақталды. Жауап беру қалды: {rest}",
        "ru": "{reference}: ваши ответы сохранены. Осталось ответить: {rest}",
        "en": "{reference}: your answers are kept. Still to be answered: {rest}",
    },
    "answers_noted": {
        "kk": "{reference}: жауаптарыңыз сақталды. Бұл тексеру бұрын аяқталған.",
        "ru": "{reference}: ваши ответы сохранены. Эта проверка уже завершена.",
        "en": "{reference}: your answers are kept. This check was closed before.",
    },
    "answers_unclear": {
        "kk": "Мына жолдар түсініксіз болды (сұрақтың нөмірі мен жауабын жазыңыз):\n{lines}",
        "ru": "Эти строки не удалось понять (нужны номер вопроса и ответ):\n{lines}",
        "en": "These lines were not understood (the number of a question and its answer are needed):\n{lines}",
    },
    "done": {
        "kk": "{reference}: орындалды – «{step}». Істің жаңа күйі: {state}.",
        "ru": "{reference}: сделано – «{step}». Новое состояние дела: {state}.",
        "en": "{reference}: done – “{step}”. The case is now: {state}.",
    },
    "kept": {
        "kk": "{reference}: хатыңыз іске түсініктеме ретінде қосылды. Істің күйі өзгерген жоқ.",
        "ru": "{reference}: ваше письмо добавлено к делу как комментарий. Состояние дела не изменилось.",
        "en": "{reference}: your mail was added to the case as a comment. The state of the case has not changed.",
    },
    "files_kept": {
        "kk": "{reference}: іске қосылған файлдар – {names}.",
        "ru": "{reference}: к делу добавлены файлы – {names}.",
        "en": "{reference}: files added to the case – {names}.",
    },
    "file_refused": {
        "kk": "Қабылданбаған файл: {name} – {reason}.",
        "ru": "Файл не принят: {name} – {reason}.",
        "en": "This file was not taken: {name} – {reason}.",
    },
    "meant": {
        "kk": "Сіз «{step}» дегіңіз келді ме? Олай болса, төмендегі сілтеме арқылы растаңыз.",
        "ru": "Вы имели в виду «{step}»? Если да, подтвердите по ссылке ниже.",
        "en": "Did you mean “{step}”? If so, please confirm by the link below.",
    },
    "confirm": {
        "kk": "{reference}: «{step}» – пошта серверіміз жіберушіні растай алмады, сондықтан қадам жасалған жоқ. "
        "Төмендегі сілтеме арқылы растаңыз.",
        "ru": "{reference}: «{step}» – наш почтовый сервер не смог удостоверить отправителя, поэтому шаг не сделан. "
        "Подтвердите его по ссылке ниже.",
        "en": "{reference}: “{step}” – our mail server could not make sure of the sender, so the step was not taken. "
        "Please confirm it by the link below.",
    },
    "postponed": {
        "kk": "{reference}: мерзім ұзартылды. Жаңа мерзім: {due}.",
        "ru": "{reference}: срок продлён. Новый срок: {due}.",
        "en": "{reference}: the deadline was extended. It is now: {due}.",
    },
    "status": {
        "kk": "{reference} «{title}»: {state}. Мерзімі: {due}. Іс кімде: {role}. Соңғы өзгеріс: {changed}.",
        "ru": "{reference} «{title}»: {state}. Срок: {due}. У кого дело: {role}. Последнее изменение: {changed}.",
        "en": "{reference} “{title}”: {state}. Due: {due}. With: {role}. Last changed: {changed}.",
    },
    "late_by": {
        "kk": "{due} – {days} жұмыс күніне өтіп кетті",
        "ru": "{due} – просрочено, рабочих дней: {days}",
        "en": "{due} – late, working days: {days}",
    },
    "stopped_off": {
        "kk": "Мұндай хаттар енді келмейді.",
        "ru": "Такие письма больше не будут приходить.",
        "en": "Such letters will not come any more.",
    },
    "stopped_digest": {
        "kk": "Мұндай хаттар енді жеке келмейді, күніне бір рет жиынтықта ғана беріледі.",
        "ru": "Такие письма больше не будут приходить отдельно, только раз в день в сводке.",
        "en": "Such letters will not come one by one any more, only once a day in the digest.",
    },
    "stopped_not": {
        "kk": "Мұндай хаттардан бас тартуға болмайды: олар бойынша мерзім есептеледі.",
        "ru": "От таких писем отказаться нельзя: по ним исчисляются сроки.",
        "en": "Such letters cannot be switched off: periods are counted from them.",
    },
    "stop_undone": {
        "kk": "Таңдауыңызды осы жерде өзгерте аласыз: {link}",
        "ru": "Изменить выбор можно здесь: {link}",
        "en": "You can change this here: {link}",
    },
    "text_not_kept": {
        "kk": "Командалардан төмен жазылған мәтін ешбір іске қосылған жоқ.",
        "ru": "Текст под командами ни к какому делу не добавлен.",
        "en": "The text below the commands was not added to any case.",
    },
    "files_not_kept": {
        "kk": "Файлдар ешбір іске қосылған жоқ: {names}. Әр істің файлдарын жеке хатпен, жол нөмірімен жіберіңіз.",
        "ru": "Файлы ни к какому делу не добавлены: {names}. Пришлите файлы каждого дела отдельным письмом с номером "
        "строки.",
        "en": "These files were added to no case: {names}. Send the files of each case in a mail of their own, "
        "with the number of its line.",
    },
    "no_case": {
        "kk": "Хатыңыз белгілі бір іске қатысты емес, сондықтан ешбір іске қосылған жоқ. Оны әкімші қарайды.",
        "ru": "Ваше письмо не относится к определённому делу и ни к какому делу не добавлено. "
        "Его посмотрит администратор.",
        "en": "Your mail is about no particular case and was added to none. An administrator will look at it.",
    },
    "empty": {
        "kk": "Хатта мәтін табылмады.",
        "ru": "В письме не нашлось текста.",
        "en": "No text was found in your mail.",
    },
    "oversize": {
        "kk": "Хат тым үлкен (25 МБ-тан артық), сондықтан оқылмады. Файлдарды істің бетінде жүктеңіз.",
        "ru": "Письмо слишком большое (более 25 МБ) и не прочитано. Загрузите файлы на странице дела.",
        "en": "The mail is too large (more than 25 MB) and was not read. "
        "Please upload the files on the page of the case.",
    },
    "not_allowed": {
        "kk": "{reference}: бұл қадамды хатпен жасау сізге берілмеген.",
        "ru": "{reference}: этот шаг по почте вам недоступен.",
        "en": "{reference}: this step is not yours to take by mail.",
    },
    "four_eyes": {
        "kk": "{reference}: «{step}» – бұл қадамды басқа адам жасауы тиіс, өйткені сіз осы іс бойынша басқа рөлде "
        "әрекет еткенсіз.",
        "ru": "{reference}: «{step}» – этот шаг должен сделать другой человек: вы уже действовали в этом деле "
        "в другой роли.",
        "en": "{reference}: “{step}” – another person must take this step: you have acted in this case "
        "in another role.",
    },
    "write_below": {
        "kk": "{reference}: «{step}» – «{field}» қажет. Сөзден төмен, келесі жолға жазып қайта жіберіңіз "
        "немесе сілтемені ашыңыз.",
        "ru": "{reference}: «{step}» – нужно указать «{field}». Напишите это под словом, с новой строки, и пришлите "
        "ещё раз или откройте ссылку.",
        "en": "{reference}: “{step}” – “{field}” is needed. Write it below the word, on a new line, and send it again, "
        "or open the link.",
    },
    "not_ready": {
        "kk": "{reference}: «{step}» – әзірге мүмкін емес, іс бетінде не жетіспейтіні көрсетілген.",
        "ru": "{reference}: «{step}» – пока невозможно, на странице дела указано, чего не хватает.",
        "en": "{reference}: “{step}” is not possible yet; the page of the case says what is missing.",
    },
    "comment_label": {"kk": "Түсініктеме", "ru": "Комментарий", "en": "Comment"},
    "too_many_files": {
        "kk": "бір хатта {most} файлдан артық болмауы керек",
        "ru": "в одном письме не более {most} файлов",
        "en": "one mail may hold at most {most} files",
    },
    "file_empty": {"kk": "файл бос", "ru": "файл пуст", "en": "it is empty"},
    "file_type": {
        "kk": "мұндай түрдегі файлдар қабылданбайды",
        "ru": "файлы такого вида не принимаются",
        "en": "files of this kind are not taken",
    },
    "file_content": {
        "kk": "мазмұны атауының соңына сай емес",
        "ru": "содержимое не соответствует окончанию имени",
        "en": "its content is not what its name says",
    },
    "file_damaged": {"kk": "файл бүлінген", "ru": "файл повреждён", "en": "it is damaged"},
    "file_locked": {
        "kk": "файл құпиясөзбен қорғалған",
        "ru": "файл защищён паролем",
        "en": "it is protected by a password",
    },
    "file_macros": {
        "kk": "файлда макростар немесе бағдарламалар бар",
        "ru": "в файле есть макросы или программы",
        "en": "it holds macros or programs",
    },
    "file_hidden": {
        "kk": "файлдың ішінде басқа файл жасырылған",
        "ru": "в файле спрятан другой файл",
        "en": "another file is hidden in it",
    },
    "file_bomb": {
        "kk": "файл ашылғанда тым үлкейіп кетеді",
        "ru": "при распаковке файл становится слишком большим",
        "en": "it unpacks to far more than its size",
    },
    "file_too_large": {"kk": "файл тым үлкен", "ru": "файл слишком большой", "en": "it is too large"},
}

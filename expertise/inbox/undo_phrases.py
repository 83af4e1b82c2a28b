"""What receipts say of taking a step back."""

from __future__ import annotations

from collections.abc import Mapping

from workflows.definition import Text

UNDOING: Mapping[str, Text] = {
    "undo_of": {"kk": "күшін жою: {step}", "ru": "отменить: {step}", "en": "undo: {step}"},
    "undo_here": {
        "kk": "Қателестіңіз бе? {until} дейін осы хатқа «күшін жою» деп жауап беріңіз немесе сілтемені ашыңыз – "
        "осы істе "
        "одан кейін ештеңе болмаса, бұл қадамның күші жойылады.",
        "ru": "Ошиблись? До {until} ответьте на это письмо словом «отменить» или откройте ссылку – шаг будет "
        "отменён, если "
        "после него в деле ничего не произошло.",
        "en": "A mistake? Until {until} answer this letter with “undo”, or open the link: the step is taken "
        "back if nothing "
        "has happened in the case since.",
    },
    "undo_line": {
        "kk": "Қателестіңіз бе? {until} дейін жауап беріңіз: «{number} күшін жою».",
        "ru": "Ошиблись? До {until} ответьте: «{number} отменить».",
        "en": "A mistake? Until {until} answer: “{number} undo”.",
    },
    "undo_never": {
        "kk": "Бұл қадамның күшін хатпен жою мүмкін емес. Қате болса, істің бетінде түзетуді ұсыныңыз немесе "
        "үйлестірушіге "
        "жазыңыз.",
        "ru": "Отменить этот шаг письмом нельзя. Если это ошибка, предложите исправление на странице дела или "
        "напишите "
        "координатору.",
        "en": "This step cannot be undone by mail. If it was a mistake, propose a correction on the page of the "
        "case, "
        "or write to the coordinator.",
    },
    "undo_extension": {
        "kk": "Ұзартудың күші жойылмайды: жаңа мерзім туралы барлығына хабарланды. Қате болса, үйлестірушіге жазыңыз.",
        "ru": "Продление не отменяется: о новом сроке всем сообщено. Если это ошибка, напишите координатору.",
        "en": "An extension is not undone: everybody has been told the new date. If it was a mistake, write to "
        "the coordinator.",
    },
    "undone": {
        "kk": "{reference}: «{step}» қадамының күші жойылды. Істің күйі қайтадан: {state}. Мерзімі бұрынғыдай: "
        "{due}. "
        "Қадам да, күшін жою да іс тарихында сақталады.",
        "ru": "{reference}: шаг «{step}» отменён. Дело снова в состоянии: {state}. Срок прежний: {due}. И шаг, "
        "и отмена "
        "остаются в истории дела.",
        "en": "{reference}: “{step}” was taken back. The case is again: {state}. The deadline is as it was: "
        "{due}. Both stay "
        "in the history of the case.",
    },
    "undo_nothing": {
        "kk": "{reference}: күшін жоятын ештеңе жоқ – хатпен жасалған соңғы қадамнан кейін іс өзгерген немесе "
        "ондай қадам "
        "болмаған. Қазіргі күйі: {state}. Қате болса, істің бетінде түзетуді ұсыныңыз.",
        "ru": "{reference}: отменять нечего – после шага, сделанного письмом, дело изменилось, или такого шага "
        "не было. "
        "Состояние: {state}. Если это ошибка, предложите исправление на странице дела.",
        "en": "{reference}: there is nothing to undo – the case has changed since the step that was taken by "
        "mail, or there "
        "was none. It is now: {state}. If it was a mistake, propose a correction on the page of the case.",
    },
    "undo_another": {
        "kk": "{reference}: соңғы қадамды басқа адам жасаған, оның күшін сол ғана жоя алады. Қазіргі күйі: {state}.",
        "ru": "{reference}: последний шаг сделал другой человек, отменить его может только он. Состояние: {state}.",
        "en": "{reference}: another person took the last step, and only they can undo it. State: {state}.",
    },
    "undo_late": {
        "kk": "{reference}: қадамның күшін жою мерзімі өтті. Қазіргі күйі: {state}. Қате болса, істің бетінде "
        "түзетуді "
        "ұсыныңыз.",
        "ru": "{reference}: время для отмены этого шага прошло. Состояние: {state}. Если это ошибка, предложите "
        "исправление "
        "на странице дела.",
        "en": "{reference}: the time to undo this step is over. State: {state}. If it was a mistake, propose a "
        "correction "
        "on the page of the case.",
    },
    "undo_whole": {
        "kk": "{reference}: бұл қадамнан кейін өтінімнің өзі әрі қарай жүрді, сондықтан оның күші жойылмайды. "
        "Қазіргі күйі: "
        "{state}. Үйлестірушіге жазыңыз.",
        "ru": "{reference}: после этого шага сама заявка продвинулась дальше, поэтому отменить его нельзя. "
        "Состояние: "
        "{state}. Напишите координатору.",
        "en": "{reference}: the request itself has gone on after this step, so it cannot be undone. State: {state}. "
        "Please write to the coordinator.",
    },
}

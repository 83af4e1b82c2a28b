"""Why a line of a reply did nothing, and what to write instead. `call` is the number of the line, if it needs one."""

from __future__ import annotations

from collections.abc import Mapping

from workflows.definition import Text

MENDING: Mapping[str, Text] = {
    "no_line": {
        "kk": "{number}-жол: жиынтықта мұндай жол жоқ, онда 1–{most} жолдар бар. Ештеңе жасалған жоқ.",
        "ru": "Строка {number}: такой строки в сводке нет, в ней строки 1–{most}. Ничего не сделано.",
        "en": "Line {number}: there is no such line in the digest, it has lines 1–{most}. Nothing was done.",
    },
    "line_gone": {
        "kk": "{number}-жол: бұл іс сізге енді көрінбейді, сондықтан ештеңе жасалған жоқ. Қажет болса, үйлестірушіге "
        "жазыңыз.",
        "ru": "Строка {number}: это дело вам больше не видно, поэтому ничего не сделано. Если оно нужно, напишите "
        "координатору.",
        "en": "Line {number}: you do not see this case any more, so nothing was done. If you need it, "
        "write to the coordinator.",
    },
    "which_line": {
        "kk": "Қай іс екенін көрсетіңіз: хатты бірден жиынтықтағы жолдың нөмірі мен сөзден бастаңыз, мысалы "
        "«3 орындалды: Бұйрық № 5» немесе «3 пікір Қашан болады?».",
        "ru": "Укажите, о каком деле речь: начните письмо сразу с номера строки сводки и слова, например "
        "«3 выполнено: Приказ № 5» или «3 комментарий Когда будет готово?».",
        "en": "Please say which case you mean: begin your mail with the number of its line in the digest and a word, "
        "for example “3 done: Order No. 5” or “3 comment When will it be ready?”.",
    },
    "line_unclear": {
        "kk": "«{line}» – бұл жол түсініксіз, ол бойынша ештеңе жасалған жоқ. Нөмір мен сөзді жазыңыз, мәтінді қос "
        "нүктеден кейін: «3 орындалды: Бұйрық № 5». Сөздер: орындалды, қабылдаймын, кейінге қалдыру 5, күйі, пікір.",
        "ru": "«{line}» – эта строка не понята, по ней ничего не сделано. Напишите номер и слово, текст – после "
        "двоеточия: «3 выполнено: Приказ № 5». Слова: выполнено, принять, отложить 5, статус, комментарий.",
        "en": "“{line}” – this line was not understood, and nothing was done about it. Write a number and a word, "
        "and text after a colon: “3 done: Order No. 5”. The words: done, accept, postpone 5, status, comment.",
    },
    "comment_empty": {
        "kk": "{reference}: пікірдің мәтіні жоқ. Қайта жазыңыз: «{call}пікір: мәтін».",
        "ru": "{reference}: в комментарии нет текста. Пришлите ещё раз: «{call}комментарий: текст».",
        "en": "{reference}: the comment has no text. Please send it again: “{call}comment: text”.",
    },
    "not_yours": {
        "kk": "{reference}: «{step}» – бұл қадамды сіз емес, {roles} жасайды. Оған жаза аласыз: «{call}пікір: мәтін».",
        "ru": "{reference}: «{step}» – этот шаг делаете не вы, а {roles}. Написать ему: «{call}комментарий: текст».",
        "en": "{reference}: “{step}” is not yours to take; it belongs to: {roles}. You can write to them: "
        "“{call}comment: text”.",
    },
    "nothing_yours": {
        "kk": "{reference}: қазір ({state}) бұл істе сізден ештеңе күтілмейді, сондықтан ештеңе жасалған жоқ. "
        "Мынаны жаза аласыз: «{call}күйі» немесе «{call}пікір: мәтін».",
        "ru": "{reference}: сейчас ({state}) от вас в этом деле ничего не ждут, поэтому ничего не сделано. "
        "Можно написать «{call}статус» или «{call}комментарий: текст».",
        "en": "{reference}: at present ({state}) nothing is asked of you in this case, so nothing was done. "
        "You can write “{call}status” or “{call}comment: text”.",
    },
    "on_the_page": {
        "kk": "{reference}: мұны хатпен жасау мүмкін емес. Сіздің қадамдарыңыз: {steps}. Төмендегі сілтемені ашыңыз.",
        "ru": "{reference}: по почте это сделать нельзя. Ваши шаги здесь: {steps}. Откройте ссылку ниже.",
        "en": "{reference}: this cannot be done by mail. Your steps here: {steps}. Please open the link below.",
    },
    "risky": {
        "kk": "{reference}: «{step}» – маңызды шешім, ол хатқа жауаппен қабылданбайды. Төмендегі сілтемені ашыңыз: бет "
        "сол хаттағы кодты немесе жүйеге кіруді сұрайды.",
        "ru": "{reference}: «{step}» – важное решение, ответом на письмо его не принимают. Откройте ссылку ниже: "
        "страница попросит код из того же письма или вход в систему.",
        "en": "{reference}: “{step}” is a weighty decision and is not taken by an answer to a letter. Please open the "
        "link below: the page asks for the code of the same letter, or for signing in.",
    },
    "write_behind": {
        "kk": "{reference}: «{step}» – «{field}» қажет. Бір жолмен қайта жіберіңіз: «{call}{word}: …» немесе сілтемені "
        "ашыңыз.",
        "ru": "{reference}: «{step}» – нужно указать «{field}». Пришлите ещё раз одной строкой: «{call}{word}: …» – "
        "или откройте ссылку.",
        "en": "{reference}: “{step}” – “{field}” is needed. Send it again in one line, “{call}{word}: …”, "
        "or open the link.",
    },
    "postpone_reason": {
        "kk": "{reference}: мерзімді ұзарту үшін себебі қажет. Қайта жіберіңіз: «{call}кейінге қалдыру {days}: "
        "себебі».",
        "ru": "{reference}: для продления срока нужна причина. Пришлите ещё раз: «{call}отложить {days}: причина».",
        "en": "{reference}: to extend the deadline a reason is needed. Send it again: “{call}postpone {days}: reason”.",
    },
    "postpone_days": {
        "kk": "{reference}: қанша күнге екенін жазыңыз ({label}: 1–{most}), себебімен бірге: «{call}кейінге қалдыру "
        "{most}: себебі».",
        "ru": "{reference}: напишите, на сколько ({label}: 1–{most}), и причину: «{call}отложить {most}: причина».",
        "en": "{reference}: please say for how long ({label}: 1–{most}), and why: “{call}postpone {most}: reason”.",
    },
    "postpone_most": {
        "kk": "{reference}: бұлай ұзартуға болмайды. {label}: 1–{most}. Қайта жіберіңіз: «{call}кейінге қалдыру "
        "{most}: себебі».",
        "ru": "{reference}: так продлить нельзя. {label}: 1–{most}. Пришлите ещё раз: «{call}отложить {most}: "
        "причина».",
        "en": "{reference}: it cannot be extended like that. {label}: 1–{most}. Send it again: “{call}postpone {most}: "
        "reason”.",
    },
    "postpone_vain": {
        "kk": "{reference}: бұл күндермен де мерзім өтіп кеткен немесе ол одан әрі ұзармайды. {label}: 1–{most}.",
        "ru": "{reference}: и с этими днями срок уже прошёл, или дальше он не продлевается. {label}: 1–{most}.",
        "en": "{reference}: with these days the deadline is still past, or it goes no further. {label}: 1–{most}.",
    },
    "postpone_whose": {
        "kk": "{reference}: мұнда мерзімді сіз емес, {roles} ұзартады. Сұрау үшін жазыңыз: «{call}пікір: мерзімді "
        "ұзартуды сұраймын».",
        "ru": "{reference}: срок здесь продлеваете не вы, а {roles}. Чтобы попросить об этом, напишите: "
        "«{call}комментарий: прошу продлить срок».",
        "en": "{reference}: extending the deadline is not yours here; it belongs to: {roles}. To ask for it, write: "
        "“{call}comment: please extend the deadline”.",
    },
    "postpone_over": {
        "kk": "{reference}: бұл мерзімді тағы ұзартуға болмайды (рұқсат: {times} рет, пайдаланылғаны: {given}).",
        "ru": "{reference}: ещё раз продлить этот срок нельзя (разрешено раз: {times}, использовано: {given}).",
        "en": "{reference}: this deadline cannot be extended again (allowed: {times}, used: {given}).",
    },
    "postpone_never": {
        "kk": "{reference}: «{state}» күйінде мерзім ұзартылмайды. Мынаны жаза аласыз: «{call}пікір: мәтін».",
        "ru": "{reference}: в состоянии «{state}» срок не продлевается. Можно написать «{call}комментарий: текст».",
        "en": "{reference}: in the state “{state}” the deadline is not extended. You can write “{call}comment: text”.",
    },
    "moved_on": {
        "kk": "{reference}: хат жіберілгеннен бері іс өзгерді, сондықтан ештеңе жасалған жоқ. Қазіргі күйі: {state}. "
        "Келесі хатқа жауап беріңіз немесе сілтемені ашыңыз.",
        "ru": "{reference}: с тех пор как было отправлено письмо, дело изменилось, поэтому ничего не сделано. "
        "Состояние теперь: {state}. Ответьте на следующее письмо или откройте ссылку.",
        "en": "{reference}: the case has changed since the letter was sent, so nothing was done. It is now: {state}. "
        "Answer the next letter, or open the link.",
    },
    "open_case": {"kk": "Істі ашу: {link}", "ru": "Открыть дело: {link}", "en": "Open the case: {link}"},
}

"""The words of schedules in the languages of Europe and some others, without accents and marks."""

from __future__ import annotations

from decimal import Decimal

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "twelve": 12, "fourteen": 14,
    "eine": 1, "zwei": 2, "drei": 3, "vier": 4, "dos": 2, "tres": 3, "cuatro": 4, "deux": 2, "trois": 3, "quatre": 4,
    "due": 2, "tre": 3, "quattro": 4, "duas": 2, "dois": 2, "quatro": 4, "twee": 2, "drie": 3, "trzy": 3, "dwa": 2,
    "andra": 2, "anden": 2, "annen": 2, "tredje": 3, "fjarde": 4, "fjerde": 4, "toinen": 2, "kolmas": 3, "kolmen": 3,
    "три": 3, "две": 2, "третью": 3, "τρεισ": 3, "δυο": 2, "uc": 3, "iki": 2, "trei": 3, "doua": 2, "harom": 3,
    "一": 1, "二": 2, "三": 3, "四": 4,
    "eens": 1, "eenmaal": 1, "tweemaal": 2, "driemaal": 3,
    "una": 1, "une": 1, "uma": 1, "einmal": 1, "jednou": 1, "zweimal": 2, "dreimal": 3,
    "first": 1, "second": 2, "third": 3, "fourth": 4, "other": 2, "once": 1, "twice": 2, "thrice": 3,
}  # fmt: skip
TIMES = frozenset({
    "eens", "eenmaal", "tweemaal", "driemaal",
    "once", "twice", "thrice", "einmal", "zweimal", "dreimal", "una", "une", "uma", "jednou",
})  # fmt: skip
"""Numbers that count the doses of a period and never the periods between two doses."""
HOUR = Decimal(0)
"""Placeholder for the hour, which has no exact decimal fraction of a day."""
_UNITS = {
    Decimal(7): (
        "w wk wks week weeks woche wochen semana semanas semaine semaines settimana settimane weken tygodnie tygodni"
        " tygodniu vecka veckan veckor uge uger uke uker viikko viikon viikkoa tyden tydny tydnu tyzden tyzdne tyzdnov"
        " неделя недели недель неделю εβδομαδα εβδομαδεσ hafta haftada saptamana saptamani het"
        " 周 週 周一次 週一次 星期 週間"
    ),
    Decimal(1): (
        "doba dobe "
        "d day days tag tage tagen dia dias jour jours giorno giorni dagen dni dag dagar dage dager paiva paivan dny"
        " dnu den день дня днеи ημερα ημερεσ gun gunde zi zile nap gg 天 日 天一次 日一次"
    ),
    Decimal(28): (
        "mo mos month months monat monate mes meses mois mese mesi manad manader maned maneder месяц месяца"
        " ay ayda luna luni 月"
    ),
    Decimal(365): "y yr yrs year years jahr jahre jahren ano anos an ans anni anno jaar",
    HOUR: "h hr hrs hour hours stunden horas heures ore uur godzin godziny",
}
DAYS_IN = {word: days for days, words in _UNITS.items() for word in words.split()}
ADJECTIVES = {
    "nightly": 1, "qhs": 1, "qam": 1, "qpm": 1,
    "daily": 1, "qd": 1, "qday": 1, "od": 1, "taglich": 1, "diario": 1, "diaria": 1, "diariamente": 1, "quotidien": 1,
    "weekly": 7, "qw": 7, "qwk": 7, "qweek": 7, "wochentlich": 7, "semanal": 7, "semanalmente": 7, "hebdomadaire": 7,
    "settimanale": 7, "wekelijks": 7, "co tydzien": 7,
    "fortnightly": 14, "zweiwochentlich": 14, "quincenal": 14, "quincenalmente": 14, "quinzenal": 14,
    "quinzenalmente": 14, "bimensuel": 14, "quarterly": 84, "vierteljahrlich": 84, "trimestral": 84,
    "dreiwochentlich": 21, "driewekelijks": 21,
    "viikoittain": 7, "paivittain": 1, "veckovis": 7, "ugentlig": 7, "ugentligt": 7, "ukentlig": 7, "dz": 1,
    "dziennie": 1, "codziennie": 1, "dagelijks": 1, "daags": 1, "daglig": 1, "dagligen": 1, "giornaliero": 1,
    "giornaliera": 1,
    "quotidienne": 1, "quotidiennement": 1, "tydne": 7, "hetente": 7, "naponta": 1, "naponkent": 1,
    "monthly": 28, "monatlich": 28, "mensual": 28, "mensal": 28, "mensuel": 28, "mensile": 28,
}  # fmt: skip
TIMES_A_DAY = {
    "bid": 2, "b.i.d.": 2, "bd": 2, "b.d.": 2, "tid": 3, "t.i.d.": 3, "tds": 3, "qid": 4, "q.i.d.": 4, "qds": 4
}  # fmt: skip
WEEKDAYS = (
    "mondays?|mon|tuesdays?|tues?|wednesdays?|wed|thursdays?|thurs?|thu|fridays?|fri|saturdays?|sat|sundays?|sun"
    "|montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonntags?"
    "|lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|segunda-feira|terca-feira|quarta-feira|quinta-feira"
    "|sexta-feira|lundis?|mardis?|mercredis?|jeudis?|vendredis?|samedis?|dimanches?"
    "|lunedi|martedi|mercoledi|giovedi|venerdi"
)
DATE = r"(?:\d{4}-\d{2}-\d{2}|(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])(?:/\d{2,4})?|\d{1,2}\.\d{1,2}\.(?:\d{2,4})?)"
EVERY_WEEKDAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)days|(?:mon|diens|donners|frei|sams|sonn)tags|mittwochs"
"""Days of the week in a form that means each week's."""
WEEKDAY_PLACES = (
    ("dom", 6), ("dim", 6), ("mart", 1), ("mard", 1), ("mier", 2), ("merc", 2), ("terc", 1), ("seg", 0), ("quar", 2),
    ("quin", 3), ("sex", 4), ("son", 6), ("mo", 0), ("lu", 0), ("tu", 1), ("di", 1), ("we", 2), ("mi", 2), ("th", 3),
    ("do", 3), ("ju", 3), ("je", 3), ("gi", 3), ("fr", 4), ("vi", 4), ("ve", 4), ("sa", 5), ("su", 6),
)  # fmt: skip
"""What the name of a day begins with, the longer ones first."""
EVERY = (
    "every|each|c/|(?:repeat|repeated|repeats|repeating)(?: (?:the )?(?:dose|infusion|treatment))? every"
    "|q\\.?|alle|jede|cada|a cada|tou[st](?:es)? les|ogni"
    "|elke|om de|iedere|co oko[l\u0142]o|co|raz na|var|varje|hver|hvert|joka|kazde|kazdy|kazdych|кажд(?:ые|ыи|ую)"
    "|(?:1 )?раз в|καθε|la fiecare|o data la|每隔?"
)
AFTER = "valein|bir|[こご]と(?:に ?(?:[1一] ?回)?)?|毎|に ?[1一] ?回"
"""Words for "every" after the number and its unit."""
DAY_OF_CYCLE = "days?|d|tage?|tag|dias?|jours?|j|giorni|giorno|dag(?:en|ar)?|dzien|den"
SINGLE = (
    "(?:as an? )?(?:single|one|1) (?:time )?(?:dose|infusion|administration)\\b(?! (?:every|each|per)\\b| q)(?: only)?"
    "|one[ -]time(?: only)?"
    "|once one|once only|once(?! (?:a|per|every|each|daily|weekly|monthly)\\b)|stat"
    "|x ?1(?: dose)?\\b(?! ?(?:day|week|month))|einmalig"
    "|dosis unica|dose unique|dose unica|(?:for )?today only|only today|nur heute"
)
COUNTED = "doses?|cycles?|infusions?|administrations?|treatments?|courses?|times|zyklen|ciclos|cicli|cures?|dosis"
_MINUTES = "min|mins|minutes?|minuten|minutos|minuti|minuter|minut|minuty|perc|dk|dakika"
_HOURS = "h|hrs?|hours?|stunden?|horas?"
_DURATION = f"\\d{{1,3}}(?:[.,]\\d)?(?: ?(?:-|to) ?\\d{{1,3}})? ?-? ?(?:{_MINUTES}|{_HOURS})"
REST = (
    "rest(?:ing)?(?: days?| period)?|off(?: days?)?|break|pausen?|therapiepause|therapiefrei|frei|descanso|pausa"
    "|riposo|repos|no (?:treatment|therapy|drug|dose|infusion|chemo(?:therapy)?|medication)"
    "|keine (?:therapie|gabe|infusion)|sin tratamiento|nothing"
)
"""Days without treatment."""
BESIDE = (
    # How long contraception goes on, how far apart tablets are, and what is said of all later infusions.
    (
        "(?<!every )(?<!each )(?<!alle )(?<!cada )(?<!ogni )(?<!les )(?<!elke )"
        "(?:for |until |bis |tot |do |et |y |e |en |und |and |nei )?(?:\\d{1,2}|one|two|six|seven|sieben|sept|siete"
        "|sette|sete|zeven) (?:months?|monate?n?|mois|meses|mesi|maanden|miesiecy)"
        " (?:after(?:ward)?s?|danach|nach|apres|despues|depois|successivi|dopo|daarna|na|po nim"
        "|posteriores)\\b[^;.,]{0,40}"
    ),
    (
        "(?:im abstand von|a distanza di|con un intervalo de|met) (?:etwa |circa |ongeveer |aproximadamente )?"
        "(?:12|24) (?:stunden|ore|horas|uur)(?: ertussen)?|(?:a )?(?:environ )?(?:12|24) heures d'intervalle"
    ),
    "(?:alle weiteren|toutes les suivantes|todas las siguientes|tutte le successive)(?: infusion\\w{0,2})?",
    "(?<!all )at once",
    "vials?:? ?(?:of )?\\d{2,3} ?mg ?x ?\\d|x ?\\d{1,2} ?(?:bags?|vials?|syringes?|beutel)",
    f"(?:w ciagu|przez|gedurende|tijdens|in|em|en|dans) {_DURATION}|w \\d[\\d.,]{{0,6}} ?ml(?: \\d[.,]\\d ?%)?",
    (
        "(?:total |max(?:imum)? )?daily (?:dose|total|amount)(?: is| of)?[ :=]{1,3}\\d[\\d.,]{0,6} ?mg"
        "|(?:tages(?:gesamt)?dosis|dosis (?:total )?diaria(?: total)?|dose (?:totale )?journaliere"
        "|dose giornaliera(?: totale)?"
        "|dose (?:total )?diaria(?: total)?|dagdosis|dawka dobowa)[ :=]{1,3}(?:de |di |von )?\\d[\\d.,]{0,6} ?mg"
    ),
    "(?:no|without(?: an?)?|ohne|sin) (?:rest|break|off|pausen?|descanso)(?: (?:weeks?|days?|period))?",
    "bi-?weekly(?= ?[(=:]* ?(?:every (?:2|two|other) w|q ?2 ?w|q ?14))",
    (
        "(?:once|(?:one|1) (?:dose|infusion)|1 ?x|einmal|eenmaal|eens|una vez|uma vez|una volta|une fois|1 fois|raz)"
        " ?(?:per|an?|in each|each|every|/|pro|je|por|par|na|ogni|cada) ?(?:cycle|zyklus|cyclus|ciclo|cykl)(?! day)"
    ),
    # The step of a plan that this dose is, and how it was made.
    "(?:on )?treatment days?(?: only)?(?: ?1)?(?!\\d)",
    "(?:first|subsequent|later|following|other|remaining) cycles?(?=,? ?(?:over|in|:|infuse|\\d{2} ?min|\\d{2,4} ?mg))",
    # How many doses are left, why the last one was late, and what the course is called.
    "\\d{1,2} (?:more )?(?:(?:cycles?|doses?|treatments?|infusions?) (?:remaining|left|to go)|remaining|to go)",
    (
        "(?:last|previous|prior) (?:dose|cycle|infusion|treatment) (?:was )?(?:delayed|postponed|late|pushed back)"
        " (?:by |for )?(?:\\d{1,2}|an?|one|two) (?:weeks?|days?)"
        " (?:for|due to|because of) (?:the |an? )?(?:holidays?|vacation|travel|weather|scheduling|insurance"
        "|thanksgiving|christmas)"
    ),
    "(?<=weekly )(?:schedule|regimen)",
    "rounded (?:(?:up|down) )?(?:from|to)(?: (?:the )?nearest)?|comments?(?: ?: ?none(?!\\w))?|g ?5(?= ?%|,|\\))",
    f"(?:start|stop|end) ?:? ?{DATE}",
    "(?:starting )?(?:today |tomorrow )?at (?:[01]\\d|2[0-3])[0-5]\\d(?! ?mg| ?(?:and|&|,) ?\\d{4}(?!\\d))",
    "next (?:cycle|dose|infusion|treatment)(?: is)?(?: due)?(?: on)?(?= (?:d(?:ay)? ?\\d|\\d{1,2}/\\d{1,2}/\\d))",
    (
        "\\(?(?:window:? ?(?:of )?)?(?:\\+ ?/? ?-|\u00b1) ?\\d{1,2} ?-? ?(?:days?|d)(?!\\w)\\)?"
        "|\\(?window:? ?-? ?\\d{1,2} ?/ ?\\+? ?\\d{1,2} ?-? ?(?:days?|d)(?!\\w)\\)?"
    ),
    "\\d{1,2}(?:st|nd|rd|th) (?:cycle|dose|infusion|treatment)(?: of \\d{1,2})?|g ?1(?= (?:ogni|q))",
    "(?:then )?repeat(?: the)? cycles?(?! (?:every|each|q|d|day|in|after|on|with)\\b)",
    "(?:total )?dose (?:per|each) (?:cycle|infusion)|(?:total|cumulative) dose (?:this|of the|for the) course",
    (
        "(?:please )?repeat (?:the )?(?:weight|labs?|cbc|echo\\w{0,10}|lfts?|scans?|imaging|bp|vitals?|muga)"
        "(?: before \\w{1,12})?"
    ),
    "(?:physician|hard|soft|pharmacy) stop(?! date)|schedule(?= ?[:=])",
    "\\d[\\d.,]{0,6} ?kg ?[x*] ?\\d[\\d.,]{0,6} ?mg ?/ ?kg|\\d[\\d.,]{0,6} ?mg ?/ ?kg ?[x*] ?\\d[\\d.,]{0,6} ?kg",
    "(?:dispense|disp|qty|quantity|refills?) ?[:#=]? ?\\d{1,4}(?: (?:tablets?|tabs?|refills?))?",
    "use within \\d{1,3} (?:days|weeks|months)(?: (?:of|after) opening)?",
    "(?:about |approximately |at least )?(?:12|24) ?(?:hours?|hrs?|h) apart",
    "(?:for )?(?:a )?\\d{1,3} ?-? ?days? supply",
    (
        "(?:to complet(?:e|ing)|complet(?:e|es|ing)) (?:a )?(?:total of )?"
        "(?:(?:\\d{1,2}|one) (?:years?|months?)|[1-9]\\d weeks)(?: total)?"
        "(?: of (?:(?:adjuvant|maintenance|anti-her2) ){0,2}(?:trastuzumab|pertuzumab|therapy|treatment|hp|herceptin))?"
        "(?:,? (?:in|by|on) (?:\\d{1,2}/)?\\d{1,2}/\\d{2,4})?"
    ),
    # What was given before, by the letters of its regimen.
    "(?:after|s/p|following|post) (?:dd ?)?(?:ac|ec|fec|tchp?|thp|th|hp)(?:[/-]t(?:hp|h|chp)?)? ?x ?\\d{1,2}(?! ?/)",
    "(?:proxim[oa]|prochaine?|nachste\\w?) (?:(?:ciclo|cure|gabe) )?(?:el |le |am )?\\d{1,2}[/.]\\d{1,2}[/.]\\d{2,4}",
    "(?:reconstitut\\w{1,4} )?each (?:vial|bag|syringe)",
    "cycles? \\d{1,2} ?(?:-|to|through) ?\\d{1,2}",
    "(?:independent )?double[ -]?check\\w{0,3}(?: required| by)?(?: ?x ?\\d)?(?: (?:rns?|nurses?|pharmacists?))?",
    # What to do about a dose that was missed, is late or was vomited.
    "do not wait (?:for|until) (?:the )?next (?:planned |scheduled )?(?:cycle|dose|infusion)(?: if [^;.]{1,40})?",
    "do not (?:crush|chew|split|break|cut)(?:,? ?(?:or |and )?(?:crush|chew|split|break|cut|dissolve))*(?: tablets?)?",
    "do not (?:double|take (?:an extra|a double|two|2|another|extra))\\b[^;.]{0,60}",
    "skip (?:a |the |any )?missed doses?[^;.,]{0,40}",
    (
        "if (?:it (?:is|has been) )?(?:\\d|six) weeks?(?: or (?:more|longer))? (?:since|after|from) (?:the )?last"
        " (?:dose|infusion)[^;.]{0,40}"
    ),
    "\\(?all (?:\\d |together )?at once\\)?",
    # As treatment plans and order forms write them.
    "treatment plan(?: recorded)?(?: (?:actual|dosing|order[ -]specific))?(?: weight)?|(?:starting )?when released",
    f"(?:infuse|administer|infusion) over ?: ?{_DURATION}",
    "for a total of \\d[\\d.,]{0,6} ?mg (?:daily|per day|a day|each day)",
    "total volume(?: ?\\(ml\\))? ?: ?\\d{1,4}(?:[.,]\\d{1,2})?(?: ?ml)?",
    (
        "(?:order |physician )?(?:start|stop) date(?:/time)? ?:? ?\\d{1,2}/\\d{1,2}/\\d{2,4}"
        "(?:,? \\d{1,2}:\\d{2}(?::\\d{2})?(?: ?[ap]\\.?m\\.?)?(?: [a-z]{3,4}\\b)?)?"
    ),
    "if (?:you |(?:the )?patient )?(?:vomits?|miss(?:es|ed)?|forgets?|an? dose is (?:missed|vomited))\\b[^;]{0,120}",
    "alternat\\w{1,4} (?:between )?(?:the )?(?:injection )?(?:sites?|left and right(?: thighs?)?|thighs?)",
    "(?:at )?(?:about |approximately |roughly )?the same times? (?:of )?(?:each|every|the) day",
    (
        "(?:at least )?(?:\\d|one|two|an?) hours? (?:before|after)"
        "(?: or (?:\\d|one|two|an?) hours? (?:before|after)| or after)?"
    ),
    (
        "\\d[\\d.,]{0,10} ?(?:mg|g|mcg|ug|ml|l|units?|u|iu|kg|%|мг|毫克|ミリグラム|밀리그램)"
        " ?(?:/ ?(?:kg|m2|ml|dose|h|hr|min))?(?: ?(?:/|per) ?(?:dose|cycle|infusion|zyklus))?"
        "(?: each(?= ?(?:[,;)]|$)))?"
    ),
    "\\d[\\d.,]{0,10} ?x ?(?:10\\^?9 ?/ ?l|uln)",
    (
        "(?:infus\\w{0,6} |given |administer\\w{0,3} |run )?(?:iv )?(?:over|in|within|uber|durante|pendant|sur)"
        f" (?:at least |approximately |about )?{_DURATION}"
    ),
    f"(?:observe|monitor|wait)\\w{{0,3}}(?: the)?(?: patient)? (?:for )?(?:at least )?{_DURATION}",
    f"\\d{{1,3}}(?: ?(?:-|to) ?\\d{{1,3}})? ?-? ?(?:{_MINUTES})(?: infusion)?",
    "(?:previous|prior|last|earlier) (?:dose|cycle|infusion)s?(?: was| of)?",
    "(?:after|before|prior to) (?:the )?(?:first|1st|each|every|last) (?:dose|infusion|cycle)s?",
    "(?:first|1st|initial|subsequent|later|second|2nd|next|loading|maintenance) (?:infusions?|doses?)",
    (
        "(?:until|unless|or|bis) (?:disease )?(?:progression|unacceptable toxicity|intolerable toxicity|progress)"
        "(?: of disease)?(?: (?:or|and|,) (?:unacceptable |intolerable )?toxicity)?"
    ),
    # Conditions for giving the dose say nothing about its frequency.
    "(?:hold|call|notify|contact)(?: \\w{1,12}){0,2} if [^;.,]{1,60}",
    (
        "(?:hold|call|notify|contact) for [a-z][a-z0-9 ]{1,30}(?:<|>|=|below|above|less|more)"
        "[^;.,a-z]{0,4}(?:than )?[^;.,]{1,30}"
    ),
    "(?:dose |infusion )?\\d{1,2} of \\d{1,2} (?:doses|cycles|infusions)",
    "cycle ?#?\\d{1,2}(?: ?\\(?(?:of|/) ?\\d{1,2}\\)?)?|c ?\\d{1,2}(?: ?(?:of|/) ?\\d{1,2})?",
    (
        f"(?:starting |beginning |first dose )?(?:on )?(?:(?:{WEEKDAYS}),? )?\\d{{1,2}}/\\d{{1,2}}/\\d{{2,4}}"
        "(?:,? at \\d{1,2}:?\\d{2}(?: ?[ap]\\.?m\\.?)?)?(?:, until (?:discontinued|specified))?"
    ),
    (
        "(?:zyklus|ciclo|cyclus|kuur|kur|cykl|cure) ?(?:n[or]?[.\u00b0]? ?)?\\d{1,2}"
        "(?! ?-? ?(?:days|tage|dias|jours|dagen|dni|dnu)\\b)(?: ?(?:/|von|de|van) ?\\d{1,2})?"
    ),
    "(?:dose )?modified ?[:=]? ?no(?:ne)?(?!\\w)|\\d{1,2}\\.\\d{1,2}\\.\\d{4}",
    "starting (?:on )?\\d{4}-\\d{2}-\\d{2}|\\d{4}-\\d{2}-\\d{2}|\\d{1,2}/\\d{1,2}/\\d{2,4}",
    "0\\.2(?:2)? ?(?:micron|um)|5 ?% (?:dextrose|glucose)|0[.,]9 ?% ?(?:nacl|sodium chloride|ns)?|d5w|bag \\d of \\d",
)
"""Doses, volumes, infusion times and monitoring: consumed before looking for a schedule."""
DRUG_NAMES = frozenset({
    "kadcyla", "enhertu", "trastuzumab", "emtansine", "deruxtecan", "ado", "fam", "nxki", "herceptin", "perjeta",
    "pertuzumab", "phesgo", "margenza", "margetuximab", "zanidatamab", "ziihera", "hylecta", "hyaluronidase",
    "tucatinib", "tukysa", "lapatinib", "tykerb", "neratinib", "nerlynx", "zongertinib", "hernexeos", "sevabertinib",
    "hyrnuo", "capecitabine", "letrozole", "t-dm1", "tdm1", "t-dxd", "tdxd",
})  # fmt: skip
"""Words of the names of the drugs that are checked, and of two given with them."""
OTHER_TABLETS = frozenset({"capecitabine", "letrozole", "xeloda", "femara"})
"""Tablets that are taken with those that are checked."""
PARTNERS = OTHER_TABLETS | {"trastuzumab", "herceptin"}
"""Drugs that tablets are taken with."""
IGNORED = frozenset(
    word
    for words in (
        # Actions and their purpose.
        (
            "administer administered give given infuse infused infusion infusions inject injection injections take"
            " tomar tome tomara nehmen einnehmen prendre prenez assumere prendere"
            " start starting begin beginning continue continued please note see protocol regimen plan order now today"
            " you your will get receive this medicine medication treatment routine adjuvant neoadjuvant"
            " metastatic palliative okay ok proceed scheduled hp thp tchp"
            " planned wdh wiederholung freq frequency dur duration route vol volume admin administration"
        ),
        # Route and equipment.
        (
            "iv ivpb ev e.v soln sol inj solution recon powder premix"
            " intravenous intravenously intravenosa intravenos intraveineuse intravenoes endovenosa sc subcut"
            " mouth oral orally po p.o tablet tablets tab tabs tabl tablette tabletten tablett comprimido comprimidos"
            " comprime comprimes cpr cp compressa compresse tabletka tabletki tabletek tableta tabletas tabletter"
            " swallow whole food meal meals water breakfast empty"
            " stomach without glass full"
            " subcutaneous subcutaneously subkutan perfusion infusione perfusao infusao kurzinfusion i.v i v"
            " central line port vein chemo chemotherapy piggyback peripheral catheter filter in-line inline pump"
        ),
        "dans em sf sie je etwa przyjmowac polykac calosci",
        "dozylnie intraveneus intravenost intravenoos infuusio infuusiona infuzyon infuzio infuze wlew wlewie perfuzie",
        "внутривенно капельно в/в 点滴静注 静注 静脈内 静脉滴注 静脉 정맥 infusao infusionen",
        "ενδοφλεβιωσ ενδοφλεβια εγχυση alatt",
        # Preparation and amounts.
        (
            "tx hazardous antineoplastic cytotoxic handle care caution precautions"
            " dose doses dosage dosing dosis drug total bag bags vial vials mg kg ml body weight wt actual ideal"
            " adjusted lean ibw loading maintenance initial subsequent continuous continuously combination together"
            " load sodium chloride saline nacl ns dextrose glucose diluted dilute waste wasted discard discarded"
        ),
        # Headings of plans and order forms, and what they are for.
        (
            "calculated calc actual ordered planned ivi perf theorique prescrite poids peso gewicht vikt kg laufzeit"
            " tragerlosung abweichung solldosis istdosis applikationstag anforderung zytostatika chimio kuur kur cyklus"
            " glucosata glukos glukose glukozy glukoza glicose sg"
            " breast gastric gastroesophageal lung nsclc colorectal biliary her2 cancer"
        ),
        # Connecting words.
        "chaque jeden jedem jedes",
        "via through using with into by as at in on of the a an and or to per for followed then next",
        "verabreichen geben gabe als von und mit uber",
        "administrar por via en con como y de la el cada administracion",
        "administrer en par voie et avec le les du d'un eines einem somministrare per con e di il",
        # The drug itself, which is identified elsewhere.
        " ".join(sorted(DRUG_NAMES)),
    )
    for word in words.split()
)
"""Words that do not change a schedule, wherever they appear beside it."""
PREMEDICATION = (
    "acetaminophen|paracetamol|tylenol|diphenhydramine|benadryl|hydrocortisone|dexamethasone|decadron|ondansetron"
    "|zofran"
    "|granisetron|palonosetron|aloxi|olanzapine|famotidine|cetirizine|methylprednisolone|fosaprepitant|aprepitant|emend"
    "|loperamide|imodium|calcium|calcio|vitamin \\w|vitamina \\w|denosumab|xgeva|zoledron\\w{1,4}"
)
"""Drugs given beside the ordered one; a clause of theirs alone says nothing about its schedule."""
CUES = (
    "(?:per|pro|por|par|na|ogni|cada) (?:cyclus|zyklus|ciclo|cykl)|every|each|twice|thrice|\\w{0,6}(?:daily|weekly"
    "|monthly|hourly)|cycles?|schedule|interval|repeat\\w{0,3}|alternat\\w{0,4}|again|times"
    "|nightly|q\\d\\w{0,4}|alle|jede|cada|tous|toutes|ogni|elke|co|\\w{0,20}wochentlich|\\w{0,8}semanal"
    f"|{'|'.join(word for word in DAYS_IN if word.isascii() and word[3:])}"
    f"|{WEEKDAYS}|week(?:days|ends)|biw|tiw|days?|wks?|weeks?|months?|tage?n?|wochen?|monate?|semanas?|dias|meses"
    f"|jours?|semaines?|mois|giorni"
    "|settiman[ae]|weken|dagen|hours?|years?"
    "|quin[cz]enal\\w{0,5}|mensual\\w{0,5}|diari\\w{1,5}|trimestral|quarterly|vierteljahrlich"
    "|varje|hvert?|joka|kazd\\w{1,3}|кажд\\w{1,3}|раз|καθε|每\\w{0,20}|\\w{0,20}[周週]\\w{0,20}|veck\\w{1,3}|uger?"
    "|uker?|viik\\w{1,9}"
    "|tydn\\w{1,2}|tyzdn\\w{1,2}|недел\\w{1,3}|εβδομαδ\\w{1,3}|hafta\\w{0,3}|saptaman\\w{1,3}|hetente|naponta"
)
"""Words of time: a clause that still has one after parsing says something about a schedule."""
PARTS_OF_THE_DAY = {
    "morning": 0,
    "breakfast": 0,
    "noon": 1,
    "lunch": 1,
    "morgens": 0,
    "am morgen": 0,
    "la manana": 0,
    "manana y": 0,
    "fruh": 0,
    "manha": 0,
    "mattino": 0,
    "matin": 0,
    "mattina": 0,
    "ochtend": 0,
    "rano": 0,
    "mittags": 1,
    "midi": 1,
    "abends": 2,
    "am abend": 2,
    "alla sera": 2,
    "la sera": 2,
    "e sera": 2,
    "di sera": 2,
    "nachts": 2,
    "soir": 2,
    "noche": 2,
    "noite": 2,
    "avond": 2,
    "wieczorem": 2,
    "evening": 2,
    "dinner": 2,
    "night": 2,
    "bedtime": 2,
}
"""The parts of a day, each with its place in it."""
TESTS_ABROAD = (
    "\\w{0,4}echo\\w{0,16}|ecocard\\w{1,9}|fevi|fevg|feve|blutbild|blutwerte|labor\\w{0,9}|hemogramas?|emocromo|nfs|bilan"
    "|constantes|parametri|sinais vitais|signos vitales|vitalzeichen|signes vitaux|consultations?|ct|scans?|restaging"
    "|staging|pharmacist|return|rtc|wiedervorstellung|retorno"
    "|bloedbeeld|morfologi\\w{1,2}|surveill\\w{1,4}|monitor\\w{1,6}|control(?:ar|es)?|controles?|kontrollen?|analitica"
)
ABOUT_OTHERS = (
    "labs?|vitals?|cbc|lfts?|recheck|echo|lvef|muga|follow|visit|appointment|monitor|observe|premedicat\\w{0,4}"
    "|contracepti\\w{0,3}|hold|platelets?|anc|call|refrigerat\\w{0,3}|store|stable|discard|expires?|prior to"
    "|birth control|(?:un)?schwanger\\w{0,6}|embarazo|grossesse|gravid\\w{1,3}|zwanger|ciaze|verhut\\w{1,4}"
    "|pre-?med\\w{0,8}|termine?|citas?|rendez-vous|rdv|appuntamento|consulta|afspraak|wizyta"
    f"|{TESTS_ABROAD}"
)
"""Other tasks besides the infusion, with their own schedule."""

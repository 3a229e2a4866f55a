"""Finds words, in languages other than English, that hold an order back for now: "erst nach Echo geben".

Only what decides on a dose counts: a result, a visit, a release. A drug or a meal before the dose is a routine.
"""

from __future__ import annotations

import re

_ONLY = (
    r"(?:erst|nur|only|seulement|uniquement|solo|solamente|unicamente|soltanto|somente|so|apenas|pas|alleen|dopiero"
    r"|tylko|forst|bara|kun|az|jen|vasta|ancak|doar|numai|abia|tolko)"
)
_AFTER = (
    r"(?:nach|after|once|apres|tras|despues de(?:l| la)?|dopo|apos|depois d[aoe]|na|po|efter|etter|dupa|posle|bei|mit"
    r"|with|avec|con|com|met|z|med|s|cu)"
)
_BEFORE = (
    r"(?:vor|ohne|before|without|avant|sans|antes d[aeo]l?|sin|prima d\w{1,5}|senza|sem|voor|zonder|przed|bez|fore"
    r"|innan|forran|utan|for|inden|uden|uten|pred|fara|inainte de|ennen|ilman|do|bez)"
)
_NOT = r"(?:nicht|not|ne pas|pas|no|non|nao|niet|nie|inte|ej|ikke|ala|ei|ne|nu)"
_DECIDES = (
    r"(?:ech\w{1,15}|eko\w{0,15}|ekko\w{0,15}|ecocardio\w{1,8}|ecografi[ae]|echograph\w{1,4}|usg|uzv|lvef"
    r"|fevg|fevi|feve"
    r"|muga|[ek][ck]g|labor\w{0,8}|labs?|blutbild\w{0,8}|thrombozyt\w{0,10}|leberwerte?\w{0,4}"
    r"|bilan\w{0,4}"
    r"|prise de sang"
    r"|analit\w{1,4}|analis\w{1,4}|hemograma|hemogramme|emocromo|esam[ei]|exames?|bloed\w{0,12}|lab(?:uitslag)?\w{0,4}"
    r"|wynik\w{0,4}|morfolog\w{1,3}|badani\w{1,4}|blodprov\w{0,6}|blodprove\w{0,4}|prov(?:svar|er)\w{0,4}"
    r"|labsvar\w{0,4}"
    r"|krevni\w{0,3}|odber\w{0,4}|befund\w{0,4}|ergebnis\w{0,4}|results?|resultat\w{0,4}|resultado\w{0,1}|risultat[oi]"
    r"|referto|uitslag\w{0,3}|svar\w{0,4}|vysled\w{1,4}|nalez\w{0,3}|freigabe|approval|rucksprache|visite"
    r"|aval|accord|avis|visto bueno|validacion|validation|validazione|autorisation|autoriza\w{1,5}|autorizzazione"
    r"|aprobacion|aprovacao|avaliacao|valoracion|valutazione|visita|akkoord|goedkeuring|overleg|zgod\w{1,3}"
    r"|konsultac\w{1,4}|godkann\w{1,8}|godkend\w{1,8}|godkjen\w{1,8}|avtale|kontakt|schval\w{1,6}"
    r"|souhlas\w{0,3}|onay\w{0,4}|liberac\w{1,3}|ausschluss|schwangerschaft\w{0,4}|embarazo|grossesse|gravidanza"
    r"|gravidez|zwangerschap|ultra\w{0,8}|kaiku\w{0,8}|mri|mrt|irm"
    r"|ct|tac|scan|schwangerschaftstest|test de (?:grossesse|embarazo)|rontgen\w{0,6}|ekho\w{0,8}|analiz\w{0,3})"
)
_GIVEN = (
    r"(?:geben|gegeben|verabreich\w{1,3}|applizier\w{1,2}|infundier\w{1,2}|anhangen|starten|beginnen|anmischen"
    r"|zubereiten|herstellen|administr\w{1,4}|donner|perfuser|debuter|commencer|preparer|administrar|infundir|poner"
    r"|preparar|iniciar|somministrare|infondere|preparare|allestire|iniziare|aplicar|toedienen|geven|bereiden"
    r"|klaarmaken|inlopen|podawac|podac|przygotowywac|przygotowac|rozpoczynac|ges|gis|gives|startas?|startes|beredas?"
    r"|tilberedes|blandas|anna|antaa|podavat|podat|pripravovat|redit|se administreaza|administrati|vvodit|nachinat)"
)
_WAIT = (
    "attendre|esperar|esperando|attendere|in attesa di|aguardar|aguardando|wachten op|wacht op|czekac na|czeka na"
    "|oczekuje na|invanta|invantar|vanta pa|afvent|afventer|avvent|avventer|vent pa|odota|odotetaan|cekat na|ceka na"
    "|asteptam|zhdat|ozhidat|ozhidaetsya|warten auf|wartet auf"
)
_SKIP = (
    "differer|decaler|sauter|rimandare|posticipare|saltare|omettere|overslaan|hoppa over|hopp over|spring over|udelades"
    "|pominac|opuscic|saltar|omitir|pular|auslassen|uberspringen|vynechat|preskocit|suspens[oa]"
    "|suspendid[oa]|atlanacak|atlansin"
)
_THIS_DOSE = (
    r"(?:(?:la|le|cette|ce|questa|questo|il|deze|de|denna|den har|denne|ten|te|este|esta|el|diese[nrs]?|tuto"
    r"|tento|bu) )?"
    r"(?:cure|dose|perfusion|traitement|cycle|terapia|infusione|ciclo|kuur|gift|dosis|kur|dos|cykl|dawke|gabe|zyklus"
    r"|davku|cyklus|infusion|doz)"
)
_NEAR, _REST = r"(?:[^\s,]{1,20} ){0,3}", r"(?:[ -].{0,60})?"
# "Après l'échographie", "prima dell'ecocardiogramma".
_RESULT = rf"[ '](?:l')?{_NEAR}(?:[dl]')?{_DECIDES}"
WAITS = re.compile(
    # "Gabe erst nach Freigabe", "podać dopiero po echo serca".
    rf"(?:.{{0,50}} )?{_ONLY} {_NEAR}{_AFTER}{_RESULT}{_REST}"
    # "Nicht vor Echo-Befund verabreichen", "ne pas préparer avant accord médical".
    rf"|(?:.{{0,40}} )?(?:{_NOT} (?:{_GIVEN} )?{_NEAR}|ne{_GIVEN} ){_BEFORE}{_RESULT}{_REST}"
    # "Bitte noch nicht anmischen", "ska inte ges", "no preparar hasta confirmar".
    rf"|(?:(?:bitte|por favor|dose|dosis|dosen|dosering|kur|kuur|ska|skal|ma|far|prosim|lutfen|vorerst"
    rf"|vorlaufig|zunachst|derzeit|aktuell) ){{0,3}}"
    rf"(?:(?:noch|nog|ainda|todavia|aun|ancora|encore|jeszcze|annu|enna|zatim|jeste|enda|endnu) )?{_NOT} "
    rf"{_GIVEN}(?: (?:annu|enna|enda|endnu|encore|ancora|ainda|todavia|heute|hoy|oggi|hoje|idag|i dag|dnes|dzisiaj"
    r"|aujourd'hui|vandaag"
    r"|(?:hasta|jusqu'a\w{0,3}|avant|fino a|ate|tot|do czasu|till?s?|indtil|dokud|pana|bis) .{1,60}))?"
    # Put off.
    r"|(?:(?:dos(?:e|is|en)|kur(?:en)?|behandling(?:en)?|davka|doza) )?(?:avvaktas?|avvent(?:es)?"
    r"|afvent(?:er|es)?|utsatt(?:es)?|utsett(?:es)?|udsat(?:tes)?|udsaet(?:tes)?|pausas|pauseres"
    r"|skjut(?:es)? upp|skjuts upp|siirra|siirretaan|tauolla"
    r"|odlozit|odlozeno|pozastavit|pozastaveno|amanati|amanat|ertelensin|ertelendi|bekletilsin|verilmesin"
    r"|vermeyin|otlozhit|otlozheno)(?: .{1,60})?"
    # "Bitte Echo abwarten", "esperar ecocardiograma".
    rf"|(?:.{{0,30}} )?(?:{_WAIT})[ '](?:l')?{_NEAR}(?:[dl]')?{_DECIDES}{_REST}"
    rf"|(?:.{{0,30}} )?{_DECIDES} (?:abwarten|abgewartet|bekleniyor|beklensin|odottaa|invantas)(?: .{{0,40}})?"
    # "Deze kuur overslaan", "différer la cure".
    rf"|(?:bitte |por favor )?(?:{_SKIP})(?: {_THIS_DOSE})?(?: .{{0,40}})?"
    rf"|(?:bitte )?{_THIS_DOSE} (?:{_SKIP})(?: .{{0,40}})?"
    # "EKO sonrasi verilecek".
    rf"|(?:.{{0,30}} )?{_DECIDES} (?:\S{{1,12}} )?(?:sonrasi|sonra|oncesi|gorulmeden|olmadan"
    r"|gorulduk\w{1,6}|jalkeen)(?: .{0,40})?"
)
"""A part of a folded sentence that says so."""
CUES = re.compile(
    rf"\b(?:{_ONLY}|{_NOT}|ne{_GIVEN})\b|avva|avven|afven|utsatt|utsett|udsa|pausas|pauseres|skju|siirr|tauol"
    rf"|odloz|pozast|aman"
    r"|abwart|abgewart|vorerst|differer|decaler|sauter|rimand|postic|saltar|omet|omit|oversla|hopp|spring"
    r"|udela|pomin|opusc|pular|auslass|ubersp|vynech|presko|suspen|atlan|attend|esper|attes|aguard|wacht|czeka|oczek|invant|vant|vent|odot|ceka|astea|astep|zhdat|ozhid|wartet|warten|bekl|ertele|oncesi|olmadan|gorulmeden|bekletil|verilme|vermey|sonra|gorulduk|jalkeen|otlozh"
)
"""Every text that may say so holds one of these."""

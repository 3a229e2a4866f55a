"""The vocabulary of HER2 reports in several languages, by meaning.

A word in none of the tables makes a text unreadable, unless it is one of ``her2_plain_words``. Shapes: synoptic cancer
protocols, tumor registries, laboratory exports, public pathology data sets.
Everything is written as ``fold`` leaves it, with a space for a hyphen between words.
"""

from __future__ import annotations

from types import MappingProxyType

NAMES = """
her 2 | her 2 neu | her 2/neu | her 2 / neu | her 2 new | erbb 2 | erb b 2 | erbb 2/her 2 | erbb 2 (her 2)
her 2 (erbb 2) | her 2/erbb 2 | c erbb 2 | c erb b 2 | cerbb 2 | cerb b 2 | c erbb 2/her 2 | her 2/neu (erbb 2)
her 2/neu (c erbb 2) | human epidermal growth factor receptor 2 | neu | her 2/c erbb 2 | her 2 neu (c erbb 2)
her 2 (c erbb 2) | human epidermal growth factor receptor 2 (her 2)
human epidermal growth factor receptor 2 (her 2/neu)
"""
"""The receptor and its gene; a "+" or "-" that touches the name is its status."""

IHC = """
ihc | immunohistochemistry | immunohistochemical | immunohistochemically | immunostain | immunostaining | immuno
immunoperoxidase | ihq | inmunohistoquimica | imunohistoquimica
imuno histoquimica | immunhistochemie | immunhistochemisch | immunhistologie | immunhistologisch | immunohistochimie
immunoistochimica | immunohistochemie | immunohistochemisch | immunohistochemia | onkoproteiini | onkoprotein
badanie immunohistochemiczne
immunohistochemiczne | imunohistochemie | immunhistokemi | immunohistokemi | ihc result | ihk | oncoprotein
"""
"""Immunohistochemistry."""
KITS = "hercept test | herceptest | hercep test"
"""Products for it."""

OVEREXPRESSION = """
overexpression | protein overexpression | uberexpression | ueberexpression | sobreexpresion | surexpression
sovraespressione | sobreexpressao | superexpressao | overexpressie | nadekspresja | overexpression of her 2
overuttryck | overuttryck av her 2 | iperespressione | iperespressione di her 2 | onkoproteinexpression
onkoproteinuberexpression
"""
"""The protein in excess, which immunohistochemistry looks for."""

ISH = """
fish | cish | sish | dish | brish | ish | d ish | dual ish | dual probe ish | single probe ish | dual probe fish
dual color ish | dual colour ish | d dish | ddish | dual ish assay | dual color fish | in situ hybridization
in situ hybridisation | inform dual ish | fluorescence in situ hybridization | fluorescence in situ hybridisation
fluorescent in situ hybridization | fluorescent in situ hybridisation | chromogenic in situ hybridization
chromogenic in situ hybridisation | silver in situ hybridization | silver in situ hybridisation
dual probe in situ hybridization | pathvysion | inform her 2 | in situ hybridization (fish)
fluorescence in situ hybridization (fish) | in situ hybridization (ish) | fluorescence in situ hybridisation (fish)
fluorescent in situ hybridization (fish) | in situ hybridisation (ish) | hibridacion in situ
hibridacion in situ fluorescente | hibridacion fluorescente in situ | hibridizacao in situ | hibridacao in situ
hybridation in situ | hybridation in situ fluorescente | ibridazione in situ | ibridazione in situ fluorescente
in situ hybridisierung | amplifikationstestung | amplifikationsanalyse | amplifikationsdiagnostik
fluoreszenz in situ hybridisierung | in situ hybridisatie | hybrydyzacja in situ
hybrydyzacja in situ fluorescencyjna | fluorescencyjna hybrydyzacja in situ
"""
"""In situ hybridization."""

AMPLIFICATION = """
amplification | gene amplification | amplification status | amplifikation | genamplifikation | gen amplifikation
amplificacion | amplificacion genica | amplificacion del gen | amplification du gene | amplification genique
amplificazione | amplificazione genica | amplificacao | amplificacao genica | amplificatie | genamplificatie
amplifikacja | amplifikacja genu | amplificacion del gen her 2 | amplification du gene her 2
amplificazione del gene her 2 | amplificacao do gene her 2 | amplifikacji | amplifikacji genu | amplifikacje
amplifikacje genu | amplificacao do gene | amplificacao no gene | amplifikaatiota | amplificazione del gene
amplificatie van het her 2 gen | amplifikasyon | amplifikasyonu | amplifikasjon | genamplifikasjon
gen amplifikasyonu | amplifiering | genamplifiering | 遺伝子増幅 | 増幅 | 유전자 증폭 | 증폭
amplifikace | amplifikacia | amplifikacija | amplificare | amplifikacio | amplifikaatio | amplificacio | амплификация
амплификации
"""
"""The gene in excess, which in situ hybridization looks for."""

MEANINGS = MappingProxyType(
    {
        "positive": """
positive | pos | positif | positifs | positiv | positivo | positiva | positivos | positivas | positivi | positief
positieve | dodatni | dodatnia | dodatnie | dodatnio | pozytywny | pozytywna | pozytywne | wynik dodatni | pozitivni
positivni | pozitivny | pozitif | overexpressed | positivity | positivitat | positividad | positivite | positivita
positividade | over expressed | overexpression present | uberexprimiert | sobreexpresado | surexprime | iperespresso
reactive for overexpression | overexpressing | triple positive | положительный | положительно | положительная | 陽性
阳性 | 양성 | overuttryckt
pozitiv | positivt | positiivinen | positiiviset | pozitivan | pozitivna | pozitiven | pozitivni vysledek | positiu
positiva reakcija
позитивний | позитивна | положительная реакция | реакция положительная | гиперэкспрессия | θετικο | θετικη | θετικος
duong tinh | positif kuat | uberexpression: ja | overexpression: yes | surexpression: oui
surexpression de her 2: oui
sobreexpresion: si | sovraespressione: si | strongly positive | stark positiv | fortement positif
fuertemente positivo | dreifach positiv
""",
        "negative": """
negative | neg | negatif | negatifs | negativ | negativo | negativa | negativos | negativas | negativi | negatief
negatieve | ujemny | ujemna | ujemne | negatywny | negatywna | negatywne | wynik ujemny | negativni
not overexpressed | non overexpressed | not over expressed | nonoverexpressed | negativitat | overexpression absent
отрицательный | отрицательно | отрицательная
отрицательная реакция | реакция отрицательная | негативний | негативна | negativt | negatiivinen | negatiiviset
negativan
negativna | negativen | negatiu | αρνητικο | αρνητικη | αρνητικος | am tinh | uberexpression: nein
overexpression: no
surexpression: non | surexpression de her 2: non | sobreexpresion: no | sovraespressione: no | 陰性 | 阴性 | 음성
nicht uberexprimiert | negativny | негативный
no sobreexpresado | non surexprime | brak nadekspresji | triple negative | tnbc | triple negativ | triple negativo
triple negatif | triplo negativo | triple negatief | potrojnie ujemny | negativity | not positive | nicht positiv
no positivo | non positif | non positivo | nao positivo | niet positief
""",
        "equivocal": """
equivocal | borderline | equivoque | equivoco | equivoca | dudoso | dudosa | douteux | dubbio | duvidoso | fraglich
grenzwertig | zweifach positiv | fraglich positiv | zweifelhaft | twijfelachtig | dubieus | equivocaal
niejednoznaczny
niejednoznaczna | niejednoznaczne | watpliwy | graniczny | graniczne | ekvivokalni | uncertain positive | limite
hranicni | echivoc | granicni | supheli | supheli pozitif | 境界域 | неопределенный
невизначений
""",
        "indeterminate": """
indeterminate | inconclusive | inconclusivo | inconcluyente | no concluyente | non concluant | inconclusief
cannot be determined | undetermined | indeterminado | indetermine | indeterminato | nicht bestimmbar | not evaluable
non evaluable | uninterpretable | not interpretable | niet te beoordelen | nieokreslony
""",
        "low": """
low | low expression | low positive | niedrig | lav | lavt | lag | 低表达 | 低発現 | niska ekspresja | nizka
lavt uttrykk | bajo | baja | faible | basso | baixo | laag | niski | low status
niedrig exprimiert | baja expresion | expression faible | bassa espressione | baixa expressao | lage expressie
""",
        "ultralow": """
ultralow | ultra low | ultra niedrig | ultrabajo | ultra bajo | ultra faible | ultrafaible | ultra basso
ultrabasso | ultrabaixo | ultra baixo | ultra laag | ultralaag | ultraniski | ultra niski
""",
        "null": "null | nulo | nulle | nullo | true null",
        "not-done": """
hybridization failed | hybridisation failed | failed hybridization | test failed | assay failed | assay failure
fish failed | ish failed | dish failed | cish failed | sish failed | testing failed
hybridization failure | no hybridization | no hybridization signals | probe failed to hybridize
technical failure | unsuccessful | insufficient tumor | insufficient tumour | insufficient tumor cells
qns | quantity not sufficient | insufficient tissue | insufficient material | no tissue left
""",
        "amplified": """
amplified | amplification seen | high level amplification | amplifiziert | amplificado | amplificada | amplifie
amplifiee | amplificato | amplificata | geamplificeerd | amplifikowany | obecna amplifikacja | highly amplified
stwierdzono amplifikacje | con amplificacion | avec amplification | com amplificacao | amplification: yes
gene amplification: yes | amplifikation: ja | genamplifikation: ja | amplificacion: si | amplification: oui
amplification du gene her 2: oui | clustered amplification | amplifierad | amplifieret | forsterket | amplifisert
amplificeret
er amplificeret | er amplifisert | amplifioitunut | amplifikovany | esta amplificado | esta amplificada
risulta amplificato
est amplifie | e amplificato | jest amplifikowany | amplificat | 遺伝子増幅あり
増幅あり | 基因扩增 | 扩增 | 有扩增
""",
        "not-amplified": """
not amplified | non amplified | nonamplified | unamplified | not gene amplified | no amplification seen
amplification not seen | nicht amplifiziert | no amplificado | no amplificada | no amplifica | non amplifie
non amplifiee | non amplificato | non amplificata | nao amplificado | nao amplificada | niet geamplificeerd
brak amplifikacji | bez amplifikacji | nieamplifikowany | nie stwierdzono amplifikacji | non amp | not amp | nonamp
amplification: no | gene amplification: no | amplifikation: nein | genamplifikation: nein | amplification: non
amplification du gene her 2: non | amplificacion: no | ej amplifierad | icke amplifierad | inte amplifierad
ikke amplifieret | ikke amplifisert
er ikke amplificeret | ikke amplificeret | er ikke amplifisert | ar inte amplifierad | ei amplifioitunut
neamplifikovany
neamplifikovano | no esta amplificado | no esta amplificada | non risulta amplificato | non e amplificato
nao esta amplificado
n'est pas amplifie | nie jest amplifikowany | nie ulegl amplifikacji | neamplificat | нет амплификации
遺伝子増幅なし | 増幅なし | 无扩增 | 未扩增 | 基因无扩增 | 基因未扩增 | 无基因扩增
""",
        "detected": """
detected | present | identified | nachgewiesen | nachweisbar | detectada | detectado | presente | obecna | obecny
saptandi | detectee | detecte | presentee | mise en evidence | rilevata | riscontrata | wykryta | aanwezig
aangetoond
pavisas | pavisad | pavist | prokazana | prokazano | zjistena | evidentiata | todettu | mevcut | var | izlendi
izlenmistir | demonstrated | confirmed present | あり | 있음
""",
        "not-detected": """
not detected | not present | absent | assente | ausente | afwezig | none detected | not identified
nicht nachweisbar | nicht nachgewiesen | no detectada | no detectado | non detecte | non detectee | non rilevata
nao detectada | nao detectado | niet aangetoond | nie wykryto | undetected | nieobecna | nieobecny | non riscontrata
saptanmadi | izlenmedi | izlenmemistir | neprokazana | neprokazano | nezjistena | ei todettu | ej pavisad
ikke pavist | non mise en evidence | absente | not demonstrated
""",
        "not-there": "not observed | yok | mevcut degil | niet aanwezig | non presente | なし | 없음",
    }
)
"""Statuses of HER2. "Detected" and "not there" apply only to an amplification or an overexpression: of a test they say
that there is one, or none."""

UNPLACED = "borderline amplification | low level amplification | low amplification | equivocal amplification"
"""Statements that no guideline classifies: the text counts as not understood although its words are known."""

PENDING = """
see separate report | ordered, see separate report | ordered; see separate report | see separate addendum
pending | reflexed to | recommend | to follow | will follow | follows | ordered | requested | in progress
recommended | suggested | advised | reflexed | awaiting | awaited | pending at this time | being performed | sent
to be performed | to be reported separately | reflex to | addendum to follow | will be performed | is suggested
required | needed | indicated | outstanding | reported separately | pendiente | en curso | se recomienda
se solicita | se pide | se realizara | se sugiere | solicitado | solicitada | en attente | en cours | a suivre
demandee | in attesa | in corso | consigliata | richiesta | pendente | em andamento | recomenda se | sugere se
ausstehend | steht aus | folgt | angefordert | empfohlen | in arbeit | volgt | aangevraagd | wordt geadviseerd
w toku | zalecane | zalecana | oczekuje | oczekiwany | to be done | will be reported | has been ordered
has been requested | is recommended | for confirmation | will be reported in an addendum
has been ordered and will be reported in an addendum | to be reported in an addendum | will be issued as an addendum
has been ordered and will be reported | will be performed and reported as an addendum | to be issued
to be issued in an addendum | to be issued as an addendum | to be reported as an addendum | will be issued
will be issued in an addendum | will be issued separately | will be reported in a separate report
will be issued in a separate report | to be reported in a separate report | reported in a separate report
in a separate report | reported in an addendum | reported under separate cover | si consiglia | si raccomanda
si richiede | consigliato | raccomandata | wskazane | wskazana | wskazany | pagar | foljer | bestalld | bestilt
bestilles | tilattu | objednano | ceruta | afventer
avventer | folger | rekommenderas | geadviseerd | wird empfohlen | wird angeschlossen | wird nachgereicht
est recommandee | recommandee | recommande | recomendado | recomendada | a realizar
will be sent for | will be sent out for | is being performed | is pending | sent out for
utfors | utfores | a realiser | a completer par | veranlasst | in auftrag | in auftrag gegeben | wird durchgefuhrt
to be done separately | se recomanda | recomandat | recomandata | solicitar | sugiro | sugerimos | sugerido
aguarda | aguardando | anbefales | suositellaan | doporuceno | doporucujeme | objednana | onerilmektedir | 建议 | 推奨
onerilir | istendi | a effectuer | da eseguire | a fazer | do badania | do wykonania
sera realizada | is ordered | reflex testing has been ordered | reflex testing ordered | has been ordered as reflex
will be performed and reported separately | has been sent | has been sent for confirmation | reflexed to fish
"""
"""A pending test: only with ISH, meaning that there is no result yet."""

NOT_DONE = """
not done | not performed | not needed | not required | not indicated | not necessary | not applicable | n/a
unnecessary | not requested | not ordered | not tested | no realizado | no realizada | no necesario | no procede
non fait | non realise | non realisee | non necessaire | non eseguita | non eseguito | non necessario
nao realizado | nao realizada | nao necessario | nicht erforderlich | nicht durchgefuhrt | nicht notwendig
entfallt | niet verricht | niet nodig | niet uitgevoerd | nie wykonano | niewymagane | nie jest wymagane
not reported | no precisa | no requiere | non indicata | non richiesta | nao indicado | niet geindiceerd | nie wymaga
ej indicerat | ikke indiceret | ikke indisert | neni indikovano | nu este necesar | gerekli degil
"""
"""A method that was not used: only with its name."""

EARLIER = """
prior | previous | prior specimen | previous specimen | prior biopsy | previous biopsy | prior result
previous result
prior core biopsy | previous core biopsy | prior her 2 | previous her 2 | prior report | previous report | vorbefund
voruntersuchung | vorbiopsie | previo | previa | biopsia previa | anterior | biopsia anterior | anterieur | anterieure
biopsie anterieure | precedente | biopsia precedente | poprzednio | poprzednia biopsja | eerder | eerder biopt
tidigare | tidligere
"""
"""What follows is of an earlier specimen."""

CURRENT = """
current | current specimen | current biopsy | current result | current her 2 | this specimen | this biopsy | now
today | aktuell | aktueller befund | aktuelle biopsie | actual | biopsia actual | actuel | actuelle | actuellement
attuale | biopsia attuale | atual | huidig | huidig biopt | obecnie | nuvarande
"""
"""What follows is of this specimen, where an earlier one is mentioned too."""

POLYSOMY = MappingProxyType(
    {
        "gain": """
polysomy | polysomy 17 | polysomic | chromosome 17 polysomy | chr 17 polysomy | cep 17 polysomy | cen 17 polysomy
polysomy of chromosome 17 | polysomy for chromosome 17 | polysomy of cep 17 | polysomy chromosome 17
low polysomy | high polysomy | low level polysomy | high level polysomy | low polysomy 17 | high polysomy 17
low level polysomy 17 | high level polysomy 17 | low polysomy of chromosome 17 | high polysomy of chromosome 17
aneusomy | aneusomy 17 | chromosome 17 aneusomy | aneusomy of chromosome 17
trisomy 17 | trisomy of chromosome 17 | polysomie | polysomie 17 | polysomie chromosom 17
polysomie des chromosoms 17 | polysomie von chromosom 17 | polysomie du chromosome 17 | polysomie du 17
polysomie van chromosoom 17 | polisomia | polisomia 17 | polisomia del cromosoma 17 | polisomia del 17
polisomia do cromossomo 17 | polissomia | polissomia 17 | polissomia do cromossomo 17 | polissomia do 17
polisomia chromosomu 17 | polysomi | polysomi 17 | polysomi av kromosom 17
""",
        "loss": """
monosomy | monosomy 17 | monosomy of chromosome 17 | chromosome 17 monosomy | monosomie 17 | monosomia 17
""",
    }
)
"""Another number of chromosomes 17 than two, which is no amplification and leaves a ratio alone without meaning."""

NO_POLYSOMY = """
no polysomy | no polysomy 17 | no chromosome 17 polysomy | no cep 17 polysomy | no polysomy of chromosome 17
no evidence of polysomy | no evidence of polysomy 17 | no evidence of chromosome 17 polysomy
no evidence of polysomy of chromosome 17 | without polysomy | without polysomy 17 | without chromosome 17 polysomy
keine polysomie | keine polysomie 17 | ohne polysomie | ohne polysomie 17 | sin polisomia | sin polisomia 17
sin polisomia del cromosoma 17 | pas de polysomie | pas de polysomie du chromosome 17 | absence de polysomie
senza polisomia | assenza di polisomia | sem polissomia | geen polysomie | geen polysomie 17 | brak polisomii
bez polisomii | ingen polysomi | no aneusomy | no aneusomy 17 | no monosomy | no monosomy 17 | disomy | disomic
disomy 17 | chromosome 17 disomy | normal chromosome 17 | eusomy 17
"""
"""Two chromosomes 17, the usual number: without effect."""

NO = """
er is geen | no | kein | keine | sin | pas de | sans | nessuna | sem | geen | bez | without | no evidence of
without evidence of | no evidence for | absence of | lack of | kein nachweis | kein nachweis einer | kein nachweis von
kein hinweis auf | kein hinweis auf eine | keine hinweise auf | ohne | ohne nachweis einer | pas d' | pas d' une
absence de | absence d' | absence d' une | aucune | ausencia de | sin evidencia de | no se observa | no se detecta
no se identifica | no se evidencia | assenza di | senza | nessuna evidenza di | non si osserva | non si rileva
nao se observa | brak | nie stwierdzono | nie wykryto | nie wykazano | zonder | ingen | utan | uden | uten
no se demuestra | nao ha | fara | nincs | отсутствие | нет | 无需 | 不需要
"""
"""Words that say that what follows is absent."""
SOME = """
presence of | evidence of | nachweis einer | nachweis von | presence d' une | presence d' | presence de
mise en evidence d' une | se detecta | se observa | se identifica | se evidencia | presencia de | presenza di
si osserva | si rileva | evidenza di | presenca de | observa se | stwierdzono | wykryto | wykazano | obecnosc
forekomst av | se demuestra
"""
"""There is some of the amplification or overexpression that follows."""
DONE = "done | fait | faite | realizado | realizada | eseguita | effectuee"

OTHER_MARKERS = """
er | pr | pgr | er alpha | estrogen receptor | oestrogen receptor | estrogen receptors | oestrogen receptors
estrogen | oestrogen | ostrogen | progesteron | progesterone receptor | progesterone receptors | progesterone
hormone receptor | hormone receptors | hr | er/pr | erpr | er and pr | estrogen receptor (er)
progesterone receptor (pr)
oestrogen receptor (er) | progesterone receptor (pgr) | er and pgr | er/pgr | estrogen and progesterone receptors
estrogen and progesterone receptor | oestrogen and progesterone receptors | ki 67 | ki 67 index
ki 67 proliferation index | ki 67 labeling index | mib 1 | ki 67 (mib 1) | ki 67 li | proliferation index
androgen receptor | ar | p 53 | pd l 1 | pdl 1 | pd l 1 cps | cps | tps | msi | mmr | mlh 1 | msh 2 | msh 6 | pms 2
egfr | her 1 | her 3 | claudin 18.2 | cldn 18.2 | cldn 18 | tmb | e cadherin | ck 5/6 | ck 5 | gata 3 | gcdfp 15
mammaglobin | p 63 | alk | ros 1 | ebv | ebv ish | eber | eber ish | eber in situ hybridization | eber cish
ebv (eber ish) | progestinici | estrogenici | gestagenrezeptor | cdx 2 | ck 7 | ck 20 | ttf 1 | napsin a | sox 10
pax 8 | cytokeratin | synaptophysin | chromogranin | s 100 | p 40 | wt 1 | tils | receptores de estrogeno
receptor de estrogeno | receptores de progesterona | receptor de progesterona | receptores hormonales | re | rp | rh
recepteurs aux oestrogenes | recepteur aux oestrogenes | recepteurs a la progesterone | recepteurs hormonaux
recepteurs aux estrogenes | recepteurs de la progesterone | ro | ostrogenrezeptor | ostrogenrezeptoren
progesteronrezeptor | progesteronrezeptoren | hormonrezeptoren | hormonrezeptor | oestrogenrezeptor
recettori estrogenici | recettori per estrogeni | recettore estrogeno | recettori progestinici
recettori per progesterone | recettore progesterone | receptor de estrogenio | receptores de estrogenio
receptores hormonais | oestrogeenreceptor | progesteronreceptor | progesteronreceptoren | oestrogeen receptor
progesteron receptor | receptor estrogenowy | receptory estrogenowe | receptory progesteronowe
receptor progesteronowy
"""
"""Other markers in the same report. What follows one belongs to it, up to the next name of HER2."""

OF_OTHERS = """
allred | h score | hscore | irs | quick score | quickscore | score | intensity | strong intensity | nuclear | nuclei
tumor nuclei | tumour nuclei | proliferation | index | weak intensity | moderate intensity | average intensity
staining intensity | proportion | sp 1 | 1 e 2 | 6 f 11 | ep 1 | pgr 636 | 30 9 | 1 d 5 | pgr 1294 | proportion score
total score | intensity score | internal control
external control | expressed | intact | retained | wild type | stable | proficient | low | high | intermediate
microsatellite | cells | der zellkerne | de los nucleos | intensite | intensidad | intensita | intensidade
intensitat | aller tumorzellkerne | tumorzellkerne | des noyaux | dei nuclei | nucleos | celulas | cellules
cellule | zellen | cellen | komorek | nuclear staining | of tumor nuclei | cell nuclei | demonstrate
intact expression of | intact nuclear expression | intact nuclear expression of | nuclear positivity
demonstrate nuclear positivity | cells with nuclear positivity | average intensity of staining
percentage of cells with nuclear positivity | of positive nuclei | positive nuclei | percentage of positive nuclei
primary antibody: mib 1 | antibody: mib 1 | clone: mib 1 | clone mib 1 | (mib 1) | mib 1 clone
internal control cells present and stain as expected | internal control cells present | stain as expected | 22 c 3
28 8 | sp 142 | sp 263 | 73 10 | 22 c 3 pharmdx | 28 8 pharmdx
"""
"""Words found only with another marker's result."""

RATIO = """
ratio | her 2/cep 17 ratio | her 2/cep 17 | her 2 : cep 17 ratio | her 2 : cep 17 | her 2 to cep 17 ratio
her 2/chr 17 ratio | her 2/chr 17 | her 2/cen 17 ratio | her 2/cen 17 | her 2/d 17 z 1 ratio | her 2/d 17 z 1
her 2 to chromosome 17 ratio | her 2/chromosome 17 ratio | her 2/chromosome 17 | erbb 2/cep 17 ratio | erbb 2/cep 17
signal ratio | gene ratio | her 2/neu/cep 17 ratio | her 2/neu : cep 17 ratio | her 2/neu to cep 17 ratio
her 2 / cep 17 ratio | her 2 / cep 17 | ratio her 2/cep 17 | ratio of her 2 to cep 17
ratio of her 2 to cep 17 signals | ratio of her 2/cep 17 | ratio her 2 : cep 17
ratio of her 2 signals to cep 17 signals | ratio (her 2/cep 17) | fish ratio | cep 17 ratio | her 2 ratio
average ratio | kvot | kvoten | her 2/cep 17 kvot | kvot her 2/cep 17 | cociente | cociente her 2/cep 17
relacion her 2/cep 17 | rapport her 2/cep 17 | rapport
rapporto her 2/cep 17 | rapporto | razao her 2/cep 17 | razao | relacao her 2/cep 17 | quotient
her 2/cep 17 quotient | quotient her 2/cep 17 | ratio her 2/cen 17 | verhouding her 2/cep 17
wspolczynnik her 2/cep 17 | stosunek her 2/cep 17 | wskaznik her 2/cep 17 | her 2/cen 17 quotient
her 2/cep 17 signal ratio | her 2 : chromosome 17 ratio | her 2 gene/chromosome 17 ratio | her 2/cent 17 ratio
cent 17 ratio | her 2 cent 17 ratio | her 2 : cen 17 | her 2 : cen 17 ratio | her 2 : chr 17
her 2/centromere 17 ratio | her 2 fish ratio | ratio (dual probe) | her 2/cep 17 ratio (dual probe)
ratio her 2/chr 17 | pomer | pomer her 2/cep 17 | raport | raport her 2/cep 17 | suhde | oran | forhold
ratio her 2 : cen 17
"""
"""Labels of a number after or before it: the HER2 to chromosome 17 ratio."""

COPIES = """
copies/noyau | copias/celula | copie/nucleo | copie/cellula | kopien/zelle | kopien/zellkern | her 2 copies
her 2 signals | copy number | copies | copy | gene copy number | gene copies | average copies | average copy number
mean copy number | signals | average signals | mean copies | signal number | signals per cell | copies per cell
copies per nucleus | signals per nucleus | average number of her 2 signals per cell | average number of her 2 signals
average number of copies | number of copies | copies/cell | signals/cell | copies/nucleus | signals/nucleus
gene copy | average gene copy number | copias | numero de copias | her 2 signals/cell | average her 2 signals/cell
average her 2 signals per cell | average her 2 copy number per cell | average her 2 signals/nucleus
copy number per cell | copy number/cell | copy number/nucleus | copy number per nucleus | copies par noyau
nombre de copies | numero di copie | copie | copias por celula | copias por nucleo | kopien | kopienzahl | genkopien
genkopienzahl | genkopien pro zellkern | kopien pro zellkern | kopien pro zelle | signale pro zelle | copias/nucleo
aantal kopieen | kopieen per cel | liczba kopii | liczba kopii genu | kopii
average number of her 2 gene copies per cell | average number of her 2 copies per cell | nombre moyen de copies
average number of signals per cell | signale pro zellkern | signale/zelle | her 2 signale/zelle
her 2 signale pro zelle | numero medio de copias | average number of her 2 signals per nucleus | her 2 copy number
average her 2 copy number | kopienzahl pro zelle | mittlere kopienzahl | mittlere her 2 kopienzahl | mean her 2
avg her 2 | her 2 mean | her 2 average | her 2 kopien pro zelle | copias de her 2 | copies de her 2 | average her 2
"""
"""Labels of a number after or before it: gene copies per nucleus."""

CHROMOSOME = """
cep 17 | cen 17 | chr 17 | chromosome 17 | centromere 17 | d 17 z 1 | cep 17 signals | cep 17 copy number
cep 17 copies | average cep 17 | average cep 17 copy number | average cep 17 signals | average cep 17 copies
chromosome 17 copy number | average number of cep 17 signals per cell | average number of cep 17 signals
cep 17 signals per cell | cep 17 signals/cell | average cep 17 signals per cell | average cep 17 signals/cell
cep 17 copies per cell | average cep 17 signals/nucleus | average cep 17 signals per nucleus
average chromosome 17 copy number | average chromosome 17 signals | mean cep 17 copy number
cep 17 copy number per cell | cep 17 copies/cell | cep 17 copies per nucleus | cromosoma 17
average cep 17 copy number per cell | average number of chromosome 17 signals per cell
cep 17 signale/zelle | cep 17 signale pro zelle | cen 17 signale/zelle
average number of chromosome 17 signals | chr 17 copy number | mean cep 17
"""
"""Labels of a number after it: copies of chromosome 17, which the ratio already includes."""

PER_CELL = """
per cell | per nucleus | per tumor cell nucleus | per tumour cell nucleus | per invasive cell | per tumor nucleus
/cell | /nucleus | per tumor cell | per tumour cell | pro zellkern | pro zelle | por nucleo
"""
GROUP = "group | asco/cap group | asco cap group | ish group | gruppe | grupo | groupe | gruppo | groep | grupa"
SCORE = """
score | scored | scores | skor | skore | skoru | scor | scorul | pisteet | スコア | 점수 | 评分 | dako score
icr score | pontuacao | ihc score
ihc scored | score of | puntuacion | puntaje | escore | punteggio | wynik | scored as | score ihc | stopien
scored at | score was | intensity score ihc
"""

CELLS_COUNTED = """
cells counted | nuclei counted | cells scored | nuclei scored | cells analyzed | nuclei analyzed | cells analysed
nuclei analysed | number of cells counted | number of nuclei counted | cells evaluated | nuclei evaluated
total cells counted | observers | number of invasive cells counted | number of observers | total nuclei scored
tumor cells counted | invasive cells counted | number of cells scored | cells examined | nuclei examined
tumor nuclei counted | tumor nuclei scored | celulas contadas | celulas evaluadas | cellules comptees
ausgezahlte zellen | gezahlte zellen | ausgewertete zellen | cellule contate | cellule valutate | getelde cellen
number of cells
"""
"""How many cells were counted, or by how many people: the number is not part of the result."""

STAINS = MappingProxyType(
    {
        "none": """
no staining | zero staining | zero membrane staining | no membrane staining | no membrane stain | no stain
no membrane stain seen | no staining seen | unstained | without staining | no staining in any tumor cell
no staining in any tumor cells | no staining in any cell | absolutely no staining
no membrane staining in tumor cells | no membrane staining in any tumor cell | without membrane staining
absence of staining | no membranous staining | no staining observed | no reactivity | no staining is observed
no staining is seen | complete absence of staining | absent staining | staining absent | membranous staining absent
membrane staining absent | absent membranous staining | absent membrane staining | keine anfarbung | ohne anfarbung
keine membranose anfarbung | keine faerbung | keine anfaerbung | ohne anfaerbung | keine membranfaerbung
no immunoreactivity | no staining identified | no membrane staining seen
no membrane staining observed | no membrane staining identified | keine farbung | keine membranfarbung
ohne membranfarbung | keine membranose farbung | sin tincion | ausencia de tincion | sin tincion de membrana
absence de marquage | pas de marquage | aucun marquage | nessuna colorazione | assenza di colorazione | sem coloracao
ausencia de coloracao | geen aankleuring | geen kleuring | brak barwienia | ausencia de marcacao | sem marcacao
ingen farging | ei varjaytymista | no stained cells | ingen fargning
ingen farvning | staining: none | absence of any staining | no detectable staining | no cells stain
""",
        "faint": """
faint | faintly | barely perceptible | incomplete | weak | weakly | partial | faint/barely perceptible
faint or barely perceptible | faint to barely perceptible | with membrane staining | with staining | some staining
with faint staining | schwach | weak incomplete | faint incomplete | incomplete and faint | faint and incomplete
unvollstandig | inkomplett | debil | incompleta | svag | svagt | zayif | faible | schwache | inkomplette
unvollstandige | incomplet
incomplete membranous | debole | fraca | zwak | slabe | slaby | niekompletne | with some membrane staining
intensity weak | intensity: weak | weak intensity | staining intensity weak | staining intensity: weak
intensity of staining: weak | intensity: faint | staining intensity: faint | completeness: incomplete
membrane completeness: incomplete | completeness of membrane staining: incomplete
any staining | with incomplete staining | with incomplete membrane staining | incompleto
""",
        "moderate": """
intensity moderate | intensity: moderate | moderate intensity | staining intensity moderate
staining intensity: moderate | intensity of staining: moderate | intensity: weak to moderate
staining intensity: weak to moderate | moderate | weak to moderate | moderately | weak/moderate | massig | maßig
moderado | moderada | modere
""",
        "strong": """
strong | intense | strongly | uniform | uniformly intense | intense uniform | circumferential | strong and complete
strong complete | strong circumferential | intense and complete | complete and intense | complete and strong
complete, intense | complete, strong | stark | kraftig | silny | silna | mocny | mocna | fuerte y completa
intensa y completa | stark und komplett | stark und vollstandig | silny, kompletny | silny i kompletny | intenso
intensa | fuerte | forte | sterk | silne | marked
starke | kraftige | sterke | forte e completa | intensa e completa | strong, complete | intens
circumferential, complete and intense | circumferential and intense | circumferential intense | zirkulare | zirkular
intensity strong | intensity: strong | strong intensity | staining intensity strong | staining intensity: strong
intensity of staining: strong | intensity: intense | staining intensity: intense
""",
        "complete": """
complete | completely | completeness: complete | membrane completeness: complete
completeness of membrane staining: complete | komplett | vollstandig | kompletny | kompletna | pelny | completo
completa | complet | volledig | komplette
vollstandige
""",
    }
)
"""How the membranes stain. "Focal", "nuclear" and "cytoplasmic" are left out: they describe no HER2 score."""

LEGEND = """
n | vn | v.n. | scale | reference | reference range | ref range | ref | normal | normal range | referenz
scoring system
interpretation key | legend | criteria | scoring criteria | reference interval | cutoff | cut off | key | expected
skala | escala | echelle | scala | schaal | range | referenzbereich | valores de referencia | valeurs de reference
valori di riferimento | referentiewaarden | scoring key | score range | scoring scale | normal ratio
interpretation guide | reference value | reference values | scale from | scale of | scale ranging from
"""
"""What follows says how results are classified, and is not this patient's result."""

BOUNDS = MappingProxyType(
    {
        "<": """
< | less than | below | under | fewer than | weniger als | unter | menos de | menos del | moins de | meno di
meno del
""",
        "<=": """
<= | </= | < or = | at most | up to | no more than | not more than | maximal | hochstens | hasta | jusqu' a | fino a
""",
        ">": """
> | greater than | more than | over | above | mehr als | uber | mas de | mas del | plus de | piu di | mais de
""",
        ">=": ">= | >/= | > or = | at least | from | mindestens | al menos | au moins | almeno | pelo menos | minstens",
    }
)
PERCENT = "% | percent | per cent | pct | prozent | por ciento | por cento | pour cent | per cento | procent"

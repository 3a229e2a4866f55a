"""The words of HER2 reports without effect on what they say, in several languages; each group under its reason.

Written as ``fold`` leaves them, with a space for a hyphen between words.
"""

from __future__ import annotations

from types import MappingProxyType

IGNORED = MappingProxyType(
    {
        "joins words and says nothing by itself": """
see comment | see note | see comment below | see note below | comment | sog | sogenannt | the | a | an | is | was
are | were | of | in | on | at | by | with | and | for | as | per | this | that | has been | show | shows | showed
shown | demonstrates | demonstrated | demonstrating | seen | found | observed | exhibits | exhibit | reveals
revealed | reported as | considered | interpreted as | consistent with | using | via | its | there is | these
which is | being | also | both | all | every | approximately | approx | about | circa | ca | around | ~ | ≈ | average
mean | estimated | total | & | et | und | y | e | i | en | de | der | die | das | des | den | dem | ist | bei | mit
im | von | el | la | los | las | le | les | du | una | un | il | lo | di | da | do | het | een | van | met | w | z
jest | por | para | par | avec | con | del | della | delle | dans | po | czesci | au | aux | em | com | o | os | som
och | med | og | eine | einer | entspr. | entspr
entsprechend | entspricht | corresponding to | correspond to | i.e. | d' | l' | dell' | dall' | d.h.
avg | av | clusters | in clusters | cluster amplification | delle cellule neoplastiche | cellule neoplastiche | nel
nelle | delle cellule tumorali | do celulas | correspondant a | correspondiente a
""",
        "names the test, its result or its report": """
result | results | status | test | tests | tested | testing | assay | analysis | study | studies | report | reported
interpretation | finding | findings | conclusion | diagnosis | final diagnosis | performed | evaluated | evaluation
value | assessment | receptor | receptor status | biomarker | biomarkers | biomarker results | markers | marker
panel | protein | gene | gene status | oncogene | antigen | expression | expression level | expression status
antibody | clone | probe | resultado | resultados | resultat | ergebnis | befund | risultato | uitslag | estado
statut | stato | expresion | expressao | espressione | expressie | ekspresja | ekspresji | ekspresjon | ekspression
uttrykk | uttryck | genet | genen | реакция | prueba | statut her 2
wynik badania | gen | genu | gene her 2 | category | level | final | final result | overall | summary | overall result
overall status | determination | finalized | reflex | quantitative | semiquantitative | qualitative | manual
image analysis | test(s) | specimen(s) | sample(s) | block(s) | marker(s) | biomarker(s) | result(s) | core(s)
test(s) performed | computer assisted | ffpe | formalin fixed | paraffin embedded | receptorstatus | rezeptorstatus
rezeptor | expressionsstatus | synoptic | synoptic report | status: final | status final
biomarker reporting template | amended report | corrected report | revised report | supplemental report
addendum report | amended | addendum | with comment | by combined ihc/ish work up | after ihc work up
after ihc review | after additional ihc review | after additional review | following ihc review | after recount
after blinded recount | after additional counting | by additional observer | after a second observer
after concurrent ihc | after combined review | after concurrent review | by combined ihc and ish work up
by combined ihc/ish workup | after combined ihc/ish work up | after combined ihc and ish work up | after work up
after additional work up | after combined work up | by concurrent ihc review | after concurrent ihc review
by two observers | by 2 observers | two observers | by both observers | both observers | by two pathologists
by 2 pathologists | two pathologists | 2 pathologists | by both pathologists | both pathologists | two readers
reader | readers | observer | 2 readers | by two readers | by 2 readers | by both readers | both readers
by consensus | consensus | consensus score | consensus read | reader 1 | reader 2 | reader 3 | reader a | reader b
observer 1 | observer 2 | observer 3 | observer a | observer b | pathologist 1 | pathologist 2 | pathologist a
pathologist b | comment: none | comments: none | comment: n/a | comments: n/a | untersuchung | testung | bestimmung
badanie | onderzoek | undersokning | percent positive : | % cells with complete membrane staining :
% of cells with complete membrane staining : | % positive : | % positive cells : | % cells stained :
% stained cells : | % of cells stained : | percent positive cells : | percent stained : | percent :
percentage positive : | percentage stained : | predictive marker | predictive markers | prognostic | predictive
immunophenotype | profile
""",
        "names the antibody, the guideline or the machine, each of which is used for the usual score": """
4 b 5 | pathway | ventana | dako | score dako | sp 3 | cb 11 | asco/cap | asco cap | asco | cap | guideline
guidelines
criteria met | leica bond | cap/asco | cap/asco 2018 | cap/asco 2023 | per cap/asco | per cap/asco 2018
per cap/asco 2023 | cap/asco guidelines | cap/asco guideline | cap/asco criteria | asco/cap 2018 | asco/cap 2023
asco/cap 2013 | asco cap 2018 | asco cap 2023 | 2018 asco/cap | 2023 asco/cap | asco/cap criteria
asco/cap guidelines | asco/cap guideline | 2018 asco/cap guideline | 2018 asco/cap guidelines
2023 asco/cap guidelines | according to asco/cap guidelines | per asco/cap | per asco/cap guidelines
per asco/cap 2018 | per asco/cap 2023 | ventana 4 b 5 | asco/cap guidelines 2018 | asco/cap guideline 2018
nach asco/cap | segun asco/cap | secondo linee guida asco/cap | secondo linee guida asco/cap 2018
linee guida asco/cap
secondo linee guida asco/cap 2023 | segun guias asco/cap | segun guia asco/cap | selon recommandations asco/cap
selon asco/cap | secondo asco/cap | according to asco/cap
per 2018 asco/cap guidelines | per 2018 asco/cap | asco/cap 2018 guidelines | ventana pathway | hoffmann criteria
2023 asco/cap guideline | per 2023 asco/cap | per 2023 asco/cap guideline | per 2023 asco/cap guidelines
per 2018 asco/cap guideline | asco/cap guideline 2023 | asco/cap guidelines 2023 | asco/cap 2023 guideline
asco/cap 2023 guidelines | 2018 cap/asco guidelines | 2023 cap/asco guidelines | 2018 cap/asco guideline
2023 cap/asco guideline | 2013 asco/cap guidelines | 2013 asco/cap guideline
gastric scoring | benchmark ultra | benchmark | benchmark xt | benchmark gx | rabbit monoclonal
rabbit monoclonal antibody | mouse monoclonal | monoclonal antibody | polyclonal antibody | antibody clone
a 0485 | ep 3 | dg 44 | sp 3 | tab 250 | 10 a 7 | ep 1045 y | d 8 f 12 | 29 d 8 | cell marque | roche | leica
agilent
biocare | optiview | ultraview | dab | mab | pharmdx | bond polymer refine | bond iii | envision flex | bench mark
dako autostainer | autostainer | dako omnis | omnis | hercep test kit | 4 b 5 clone
hofmann | per hofmann | hofmann criteria | per hofmann criteria | gastric scoring per hofmann | nach dako
nach ventana | hofmann scoring | gastric criteria | abbott | poly 8541 | asco/cap 2018 criteria | uk neqas
""",
        "says in the lines of a synoptic report how it was tested": """
profilo | biologico | profilo biologico | receptorowy | status receptorowy | methodology | metodologia | methodik
methode | metodo | metodica | analyse | analisi | analisis | analiza | note : | 检测 | 检查 | 结果 | 結果 | 検査
scoring system : asco/cap | scoring system : asco/cap 2018 | scoring system : asco/cap 2023
dual probe (her 2, cep 17) | dual probe (her 2/cep 17) | dual probe her 2/cep 17 | dmmr | mmr deficient | msi h
msi high | test type | test / vendor | (test / vendor) | food and drug administration (fda) cleared | fda cleared
fda approved | food and drug administration (fda) approved | fda approved kit | fda cleared kit | fda cleared test
fda approved test | laboratory developed test | laboratory developed test (ldt) | lab developed test | ldt | ivd
ce ivd | this test was performed using an fda approved kit | this test was performed using an fda cleared kit
primary antibody | primary antibody clone | antibody vendor | vendor | detection | detection kit | detection system
dual probe assay | dual probe assay method | single probe assay | single probe assay method | dual probe | method used
methods used | method | methods | testing method | scoring system | scoring method | scoring
image analysis : not performed | image analysis not performed | image analysis : none | image analysis : no
biomarkers scored by image analysis : none | heterogeneous signals : absent | heterogeneous signals : not identified
heterogeneous signals : none | heterogeneous signals absent | no heterogeneous signals | heterogeneous signals : no
no heterogeneity | heterogeneity : absent | heterogeneity : not identified | heterogeneity : none
genetic heterogeneity : absent | genetic heterogeneity : not identified | genetic heterogeneity : none
no genetic heterogeneity | aneusomy : absent | aneusomy : not identified | aneusomy : none | aneusomy : not present
aneusomy : no | aneusomy not identified | aneusomy absent | block tested | blocks tested | tested block
specimen tested | guideline update | reference : asco/cap | reference : asco/cap 2018 | reference : asco/cap 2023
reference : asco/cap guidelines | klon | antikorper | klon 4 b 5 | antikorper klon | antikorperklon | anticorps
anticuerpo | anticorpo | przeciwcialo | antistof | antikropp
""",
        "names the tissue that the result is of": """
breast | breast cancer | left | right | left breast | right breast | mama | brust | sein | mammella | borst | tumor
tumour | tumors | tumoral | tumeur | disease | carcinoma | invasive | invasive carcinoma | invasive ductal carcinoma
invasive lobular carcinoma | infiltrating | ductal | lobular | adenocarcinoma | cancer | core | core biopsy | biopsy
needle core biopsy | specimen | tissue | sample | block | excision | tumor block | mastectomy | lumpectomy | resection
gastric | stomach | gastric adenocarcinoma | gastroesophageal | junction | liver | esophagus | idc | ilc | luminal a
luminal b | luminal | oesophagus | nsclc | タンパク | 蛋白 | lymph node | axilla | axillary lymph node
lung | bone | brain | skin | metastasis | metastatic | axillary | colon | colorectal | bladder | no special type | nst
mammary | mammary carcinoma | invasive mammary carcinoma | invasive component | invasive tumor | surgical pathology
pathology | surgical pathology report | pathology report | quadrant | upper | lower | outer | inner | ovary
endometrium | endometrial | karzinom | mammakarzinom | invasives karzinom | carcinome | carcinome infiltrant
carcinoma invasivo | carcinoma ductal | tumore | carcinoma mammario | gewebe | blocks | cores | biopsies | specimens
samples | slides | both foci | all foci | beide blocke | beiden blocken | beide stanzen | allen stanzen
ambos bloques | ambas muestras | les deux blocs | les deux prelevements | entrambi i blocchi | ambos os blocos
beide blokken | oba bloczki | biopsia | biopsie | biopsja | guzka | raka | tumorgewebe | carcinoma infiltrante
carcinoma ductal invasivo | invasive carcinoma of no special type | carcinoma infiltrating | moderately differentiated
poorly differentiated | well differentiated | ultrasound guided | stereotactic | wide local excision
carcinoma of breast | tumor type | histologic type | histology
""",
        "says which cells and membranes stain; how they stain and in how many is read": """
colorazione di membrana | coloracao de membrana | membraankleuring | di membrana | de membrana
cells | tumor cells | tumour cells | invasive tumor cells | invasive tumour cells | invasive cells | cancer cells
neoplastic cells | carcinoma cells | staining | stain | stained | stains | membrane | membranous | membranes
membrane staining | membranous staining | basolateral | lateral | basolateral or lateral | or basolateral | or lateral
immunoreactivity | reactivity | pattern | positive cells | cell membrane
cell membranes | percentage | percent of cells | der tumorzellen | tumorzellen | zellen | celulas tumorales
celulas | celulas neoplasicas | cellules tumorales | cellules | cellule tumorali | cellule | celulas tumorais
tumorcellen | cellen | komorek nowotworowych | komorek | membranfarbung | farbung | tincion | tincion de membrana
marquage | marquage membranaire | colorazione | coloracao | aankleuring | barwienie | membranose | of the tumor
of the cells | marking | membranaire | tumor cell | (average per cell) | (per cell) | fargning | membranfargning
tincion membranosa | marcacao | marcacao de membrana | marcacao membranar | odczyn | odczyn blonowy | barwienie blonowe
membranos angefarbt | angefarbt | membranos | membranose farbung | das celulas | das celulas tumorais
das celulas neoplasicas
de las celulas tumorales | de las celulas | celulas tumorales invasivas | gens | in every part of the sample
of invasive tumor cells
""",
        "says that the controls behaved, which every valid result needs": """
controls appropriate | with appropriate controls | appropriate controls | appropriate controls were used
adequate controls | controls reviewed
""",
        "grades, stages or describes the tumor apart from HER2": """
margins positive | margin positive | positive margins | positive margin | lymph node positive | lymph nodes positive
node positive | nodes positive | positive lymph node | positive lymph nodes | positive node | positive nodes
sentinel node positive | sentinel lymph node positive | lymph node negative | lymph nodes negative | node negative
nodes negative | negative lymph nodes | negative nodes | lvi positive | lvi negative | pni positive | pni negative
positive for carcinoma | positive for malignancy | positive for metastatic carcinoma | positive for metastasis
positive for invasive carcinoma | negative for carcinoma | negative for malignancy | negative for metastasis
lymphknoten positiv | lymphknoten negativ | nodal positiv | nodal negativ | ganglios positivos | ganglios negativos
g 1 | g 2 | g 3 | mss | pmmr | mmr proficient | microsatellite stable | msi stable | pt 1 | pt 1 a | pt 1 b | pt 1 c
pt 1 mi | pt 2 | pt 3 | pt 4 | pn 0 | pn 1 | pn 1 a | pn 1 mi
pn 2 | pn 2 a | pn 3 | ct 1 | ct 1 c | ct 2 | ct 3 | ct 4 | cn 0 | cn 1 | cn 2 | cm 0 | m 0 | l 0 | v 0 | r 0
grade 1 | grade 2 | grade 3 | grade i | grade ii | grade iii | nottingham | nottingham histologic grade
histologic grade | histological grade | margins | margins negative | margins clear | margins free
surgical margins negative | lymphovascular invasion not identified | lymphovascular invasion absent
no lymphovascular invasion | no lymphovascular invasion identified | size | tumor size | greatest dimension
no special | lvi not identified | lvi absent | differentiated | estadio | grado | sbr | elston ellis
""",
        "says who answers for the report": """
electronically signed | signed | signed out | pathologist | verified | electronically verified
attending pathologist
""",
        "says that no other test is wanted": """
no further testing | no further testing required | no further testing needed | no further testing indicated
no further testing is required | no further testing is indicated | no additional testing
no additional testing required
no further testing necessary | no further studies | no further work up | keine weitere untersuchung
keine weitere untersuchung erforderlich
""",
    }
)
"""Words and phrases that may appear anywhere."""

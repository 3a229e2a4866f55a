"""The vocabulary of ejection fractions in several languages, by meaning.

A word in none of the tables makes a text unreadable. Shapes: structured echocardiography reports, discharge letters,
public data sets of echo texts. Everything is written as ``fold`` leaves it.
"""

from __future__ import annotations

from types import MappingProxyType

NAMES = """
lvef | ef | lv ef | left ventricular ejection fraction | ejection fraction | lv ejection fraction
left ventricle ejection fraction | left ventricular ef | lvef (ejection fraction)
left ventricular ejection fraction (lvef) | ejection fraction (ef) | lv function ef | lv systolic function ef
lvef ef | global lvef | global ef | ejection fraction percent | % ef | ejection fraction (lvef)
left ventricular ejection fraction (ef) | fevg | fraction d' ejection | fraction d' ejection du ventricule gauche
fraction d' ejection ventriculaire gauche | fraction d' ejection vg | fraction d' ejection du vg | fevi | fe
fraccion de eyeccion
fraccion de eyeccion del ventriculo izquierdo | fraccion de eyeccion del vi | fe del vi | fe vi
fraccion de eyeccion ventricular izquierda | fevi (fraccion de eyeccion) | frazione di eiezione | fe vs | fevs
frazione di eiezione del ventricolo sinistro | frazione d' eiezione | frazione di eiezione del vs
frazione d' eiezione del ventricolo sinistro | frazione d' eiezione del vs
frazione di eiezione ventricolare sinistra | fracao de ejecao | fracao de ejecao do ventriculo esquerdo | feve
ejektionsfraktion | auswurffraktion | linksventrikulare ejektionsfraktion | lv ejektionsfraktion | lvef (biplan)
linksventrikulare auswurffraktion | linksventrikulare ef | ejectiefractie | linkerventrikel ejectiefractie
lv ejectiefractie | frakcja wyrzutowa | frakcja wyrzutowa lewej komory | frakcja wyrzutowa lk
ef lk | lvef lk | fw lk | lvef lewej komory | ef lewej komory
vansterkammarens ejektionsfraktion | fe ventriculo izquierdo | fe vg
vk ef | vansterkammar ef | vanster kammares ejektionsfraktion | venstre ventrikkels ejeksjonsfraksjon
ejeksjonsfraksjon | ejektionsfraktion vk | ef vk | 左室駆出率 | 駆出率 | 左室射血分数 | 射血分数
ejeksiyon fraksiyonu | sol ventrikul ejeksiyon fraksiyonu
фв лж | фв | фракция выброса | фракция выброса лж | фракция выброса левого желудочка | ejekcni frakce
ejekcni frakce lk
ejekcna frakcia | ejekcios frakcio | fractie de ejectie | fractia de ejectie | ejektiofraktio | ejekcijska frakcija
좌심실 박출률
박출률 | κλασμα εξωθησης
"""
"""The ejection fraction of the left ventricle."""

OTHERS = """
la ejection fraction | la ef | laef | la | left atrial ejection fraction | atrial ejection fraction | rvef
rv ejection fraction | rv ef | right ventricular ejection fraction | right ventricular ef | fs
fractional shortening | % fs | lvfs | gls | global longitudinal strain | lv gls | strain | tapse | edv | esv | lvedv
lvesv | lvedd | lvesd | lvidd | lvids | end diastolic volume | end systolic volume | stroke volume | sv | heart rate
hr | lvedvi | lvesvi | rvsp | pasp | fac | rv fac | lav | lavi | e/e' | bsa | la volume index | lv mass index | lvmi
ivsd | lvpwd | s' | e/a | e/a ratio | average gls | mean gls | peak gls | gls average | gls avg | avg gls
global strain
average global longitudinal strain | mean global longitudinal strain | peak global longitudinal strain
global longitudinal strain (gls) | gls (global longitudinal strain) | average strain | mean strain
gls 2 d | lv strain | rwt | sgl | slg | slgvi | strain longitudinal global | gls vg
"""
"""Other measurements of the heart, with their own numbers."""
OTHER_UNITS = "ml | mm | cm | ml/m 2 | mmhg | mm hg | bpm | g/m 2 | cm/s | l/min | m 2 | /min"

LEGEND = """
normal | normal range | ref | reference | reference range | lln | limit | lower limit of normal | lower limit
expected | cutoff | cut off | norm | normwert | normalwert | referenz | vn | v.n. | valeur normale
valores normales | valor normal | valori normali | norma | normaal | normal value | normal values | normal is
normal from | range | normal lvef | normal ef | nl | institutional limit | reference interval | referenzbereich | n
"""
"""What follows is the limit of normal, if another number is the result. "Normal" may also describe the result."""

BOUNDS = MappingProxyType(
    {
        "<": """
< | less than | below | under | unter | menos de | moins de | menor de | inferieure a | meno di | ponizej | inferior a
menor del | menor que | inferior al | inferiore al | inferiore a | menos del | under
minder dan
""",
        "<=": """
<= | </= | < or = | < or equal to | at most | up to | no more than | less than or equal to | hochstens | hasta
maximal | less than or equal
""",
        ">": """
> | greater than | more than | over | above | uber | mas de | mayor de | plus de | superieure a | piu di | mais de
powyzej | exceeds | meer dan | superior a | mayor del | mayor que | superior al | superiore al | superiore a
mas del | maior que | acima de | over
""",
        ">=": """
>= | >/= | > or = | > or equal to | at least | greater than or equal to | greater than or equal | mindestens
al menos | au moins | almeno
pelo menos | equal to or greater than | no less than | co najmniej
""",
    }
)
AFTER = MappingProxyType(
    {"<=": "or less | or lower | or below", ">=": "or more | or greater | or higher | or above | + % | + | oder mehr"}
)
"""A limit that follows its number."""
COMPARES = """
lower than before | lower than previously | higher than before | slightly lower than before | higher than previously
lower than prior | higher than prior | decreased from prior | improved from prior | decreased compared to prior
improved compared to prior
"""
"""Compares with an earlier study; right behind a number, the number is the difference."""
PRIOR = """
prior | previous | previously | prev | prior study | previous study | prior echo | previous echo | vorher | vorbefund
voruntersuchung | previo | previa | anterieur | anterieure | precedente | anterior | poprzednio | eerder | was
baseline | prior lvef | previous lvef | prior ef | previous ef | vs prior | compared to prior | compared with prior
from prior | vor therapie | vor therapiebeginn | vor behandlung | avant traitement | avant chimiotherapie
antes del tratamiento | prima della terapia
prima del trattamento | antes do tratamento | voor therapie | voor behandeling | przed leczeniem | fore behandling
for behandling | pred lecbou
tedavi oncesi | before treatment | before therapy | before chemotherapy | pre treatment | inainte de tratament
vu | vorwert | ausgangs ef | ausgangswert | ausgangs lvef | fevi basal | fe basale | basal | basale
fevg initiale | voraufnahme | vorheriger wert | fruher | im vorjahr | zuletzt | letzte messung
anterior fe | fe anterior | fevi previa | fevg anterieure
fe precedente | ef precedente | precedentemente | anteriormente | ultimo control | au precedent | auparavant
vorige | vorig | vorige ef | eerdere | poprzedni | poprzednia
poprzednie | uprzednio | tidigare ef | tidligere ef | tidigare | tidligere | forrige | aiemmin | aikaisemmin
edellinen | drive | predchozi | anterioara | anterior
onceki | daha once | ранее | предыдущая | προηγουμενη | 前回 | 既往 | 上次 | 以前
"""
"""Leads to an earlier value, in a bracket behind the present one."""
DASHES = "- | to | bis | a | till | until | do | tot | through | til | - -"
PLUS_MINUS = "± | +/- | + / - | +- | plus or minus | plus/minus | plus minus"
BETWEEN = "between | zwischen | entre | tra | tussen | miedzy"
AND = "and | und | y | et | e | en | i"
PERCENT = "% | percent | per cent | pct | prozent | por ciento | por cento | pour cent | per cento | procent"

IGNORED = MappingProxyType(
    {
        "joins words and says nothing by itself": """
the | of | is | was | at | by | with | as | on | in | are | measured at | measured as | reported as | estimated at
estimated to be | has | approximately | approx | approx. | about | around | ca | circa | ~ | ≈ | ok | okolo
ongeveer | omkring | omtrent | aproximada | approximative | en torno a | approximativement
environ | ungefahr | etwa | cerca de | aproximadamente | de | del | la | le | les | el | du | der | die | das | des
auf
den | mit | von | per | via | using | an | shows | showed | show | found | an estimated | con | avec | com | par
por | op | w | z | wynosi | betragt | es de | est de | est | ist | patient has | calculated at | calculated as
estimada en | evaluee a | mesuree a | calculee a | estimada em | calculada em | estimada del | estimada a
calculada en | estimada visualmente en | stimata visivamente al | estimee visuellement a | visuell geschatzt auf
estimee a | stimata al | geschat op | oszacowana na
calculated to be | appears | appears to be | remains | value | result | results | roughly | visually appears | di
il
""",
        "describes the filling, which is not the ejection": """
diastolic dysfunction | mild diastolic dysfunction | grade i diastolic dysfunction | grade ii diastolic dysfunction
grade iii diastolic dysfunction | grade 1 diastolic dysfunction | grade 2 diastolic dysfunction | impaired relaxation
grade 3 diastolic dysfunction | diastolic function grade i | diastolic function grade ii | diastolic function grade iii
diastolic function grade 1 | diastolic function grade 2 | diastolic function grade 3 | diastolic function normal
normal diastolic function | diastolische funktion normal | no diastolic dysfunction
abnormal relaxation
diastolische dysfunktion | disfuncion diastolica | dysfonction diastolique | disfunzione diastolica
""",
        "names the method, which changes no number": """
biplane | biplane method of disks | biplane method of discs | disks | discs | simpson | simpson's | simpsons
biplane simpson | biplane simpson's | simpson biplane | simpson's biplane | mod | bp | mod bp | modified simpson
modified simpson's | method | method of disks | method of discs | disks summation | teichholz | teich | 3 d | 2 d
4 d | 3 dimensional | 2 dimensional | m mode | muga | muga scan | cmr | cmri | mri | cardiac mri | cardiac mr | mr
mr imaging | echo | echocardiogram | echocardiography | echocardiographic | tte | transthoracic
transthoracic echocardiogram | transthoracic echo | tee | spect | gated spect | gated | radionuclide
radionuclide ventriculography | ventriculography | rna | rvg | rnv | eyeballing | by 3 d volume | 3 d volume
volume | volumes | erna | visual | visually | visual estimate | visual estimation | visually estimated
by visual estimate | eyeball | eyeballed | estimated | estimation | estimate | calculated | calc | quantitative
quantitated | quantified | measured | automated | auto ef | ai | contrast | with contrast | contrast enhanced
radionuclide angiography | radionuclide angiogram | radionuclide cineangiography | angiography | short axis
long axis | short axis stack | derived | auto | mod sp 4 | mod sp 2 | sp 4 | sp 2 | cube | cubed | visual assessment
by visual assessment | assessment | calcolata | calculada | calculee | berechnet | berekend | obliczona | geschatte
visueel | visueel geschat | geschat | oszacowana | uppskattad | skonnet | anslaet | arvioitu | odhadem | visuellt
visuelt | visuellt bedomd | visuelt bedomt | по симпсону | методом симпсона | по тейхольцу
simpsonilla | wizualnie | wizualna | n. simpson | enligt simpson | biplane simpsons | automatic
automatically | doppler | biplan | biplana | biplano | monoplane | single plane | a 4 c | a 2 c | 4 ch | 2 ch
4 chamber
2 chamber | nach simpson | nach teichholz | selon simpson | simpson biplan | por simpson | metodo de simpson
metodo di simpson | secondo simpson | visuell | geschatzt | visuelle | estimada | stimata | estimee
volgens simpson | wg simpsona | met. simpsona | metoda simpsona | scan | study | examination | exam | imaging
heart model | lv opacification | bullet | area length | ecocardiograma | echokardiographisch | echokardiographie
ecocardiografia | echographie | echocardiographie | usg | nuclear | multigated | first pass | by echo | on echo
gated blood pool scan | gated blood pool | blood pool scan | blood pool | metodo | metodo simpson
metodo simpson biplano | estimee visuellement | visuellement | estimation visuelle | visualmente | estimacion visual
today | current | currently | now | resting | rest | at rest | biplane method
""",
        "describes the ventricle the number is of": """
left | ventricle | ventricular | left ventricle | left ventricular | lv | systolic | function | systolic function
global | overall | lv systolic function | left ventricular systolic function | left ventricular function
lv function | performance | contractility | size | normal size | normal lv size | funktion | pumpfunktion
lv funktion | linksventrikulare funktion | linksventrikulare pumpfunktion | systolische funktion
systolische pumpfunktion
systolische lv funktion | venstre ventrikkel | vanster kammare | vansterkammare | linker ventrikel
funcion sistolica | funcion | fonction systolique | funzione
funzione sistolica | normal study | normal echo | normal wall motion | no regional wall motion abnormalities
no wall motion abnormalities | no rwma | no regional wall motion abnormality | normal examination
technically limited | technically difficult study | technically limited study | limited study | suboptimal study
difficult windows | lv normal gross | lv nicht dilatiert | lv nicht vergrossert | vg non dilate | vi no dilatado
eingeschrankte schallbedingungen | schlechte schallbedingungen | gute schallbedingungen
massige schallbedingungen
eingeschrankte bildqualitat | gute bildqualitat | bonne echogenicite | mauvaise echogenicite | buena ventana
mala ventana
poor windows | technically difficult
no pericardial effusion | no significant valvular disease | no thrombus | no lv thrombus | no effusion
no significant valve disease | no pulmonary hypertension | no significant valvulopathy | kein perikarderguss
sin derrame pericardico | pas d' epanchement pericardique
lk | ventriculo izquierdo | ventricule gauche | ventricolo sinistro | ventriculo esquerdo | lewej komory
sinus rhythm
heart | keine regionalen wandbewegungsstorungen | keine wandbewegungsstorungen | keine wandbewegungsstorung
non alterazioni della cinesi | senza alterazioni della cinesi | sin alteraciones de la contractilidad
sin alteraciones de la contractilidad segmentaria | pas de trouble de la cinetique | sans trouble de la cinetique
pas d' anomalie de la cinetique segmentaire | brak odcinkowych zaburzen kurczliwosci
bez odcinkowych zaburzen kurczliwosci | sem alteracoes da contratilidade | sem alteracoes segmentares
geen wandbewegingsstoornissen
inga regionala rorelsestorningar
""",
        "compares with an earlier study without a number of it": """
similar to before | unchanged | stable
unchanged from prior | unchanged from prior study | no change from prior | no significant change
no significant change from prior | no interval change | unchanged from previous
unchanged from previous study | unverandert | sin cambios | inchange | invariato | invariata | inchangee
unchanged compared to prior
stable compared to prior | no change | similar to prior | similar to prior study
""",
    }
)
"""Words and phrases that may appear anywhere; each group under its reason."""

DESCRIBES = MappingProxyType(
    {
        "normal": """
preserved | erhaltene | hyperdynamic | low normal | within normal limits | wnl | vigorous | good | excellent
intact | erhalten
gut | normale | normale lv funktion | conservee | conservada | preservada | goed | goede
normale systolische funktion | bonne | buena | buona | boa | bon | conservata | prawidlowa | normala | supranormal
hfpef | well preserved | low normal range | within normal range | low limit of normal | gute lv funktion
gute systolische lv funktion | gute linksventrikulare funktion | normale linksventrikulare funktion
normal lv systolic function | normal lv function | preserved lv systolic function | preserved lv function
goede lv functie | goede linkerventrikelfunctie | normale lv functie | prawidlowa lv | normale pumpfunktion
gute pumpfunktion | w normie | 正常 | сохранена | в норме | сохранная | zachovana | normalni | god | bevarad
bevaret | funcion sistolica conservada | normale lvef
borderline normal | conservado | behouden | zachowana | adequate
""",
        "reduced": """
reduced | mildly reduced | mildly depressed | mildly decreased | slightly reduced | borderline | moderately reduced
decreased | mildly to moderately reduced | moderately decreased | moderately depressed | depressed
mild dysfunction | moderate dysfunction | mild lv dysfunction | moderate lv dysfunction
mild lv systolic dysfunction | moderate lv systolic dysfunction | lv dysfunction | lv systolic dysfunction
mild global hypokinesis | moderate global hypokinesis | global hypokinesis | mildly hypokinetic
mild to moderately reduced | mildly impaired | moderately impaired
leichtgradig eingeschrankt | leichtgradig eingeschrankte | mittelgradig eingeschrankte | eingeschrankte
geringgradig eingeschrankt | geringgradig reduziert
nieznacznie obnizona | umiarkowanie obnizona | lekko obnizona | licht gedaald | matig gedaald | licht gestoord
latt nedsatt | mattligt nedsatt | let nedsat | lett nedsatt | nedsatt | nedsat | legerement diminuee | diminuee
levemente disminuida | moderadamente disminuida | ligeramente reducida | moderadamente reducida
moderatamente ridotta | levemente diminuida | moderadamente reduzida
impaired | low | abnormal | leichtgradig reduziert | reduziert | mittelgradig reduziert | leicht reduziert | alteree
moderement alteree | reducida | reducida levemente | ridotta | reduzida | disminuida | lievemente ridotta
levemente reducida | levemente reduzida | licht verminderd | matig verminderd | mildly abnormal
moderately abnormal | hfmref | obnizona | obnizona do | снижена | снижена до | умеренно снижена | nedsat til
nedsatt till | nedsatt til | snizena | snizena na
reduziert auf | eingeschrankt auf | reduite a | reducida a | ridotta al | reduzida para | verlaagd | verlaagd tot
gedaald | scazuta | dusuk
alentunut
leicht eingeschrankt | mittelgradig eingeschrankt | eingeschrankt | deprimida | levemente deprimida
ligeramente deprimida | moderadamente deprimida | mid range | subnormal | legerement alteree
eingeschrankte lv funktion | reduzierte lv funktion | leicht eingeschrankte lv funktion
mittelgradig eingeschrankte lv funktion | reduced lv systolic function | reduced lv function
""",
        "severe": """
severely reduced | severely depressed | severely decreased | severely impaired | severe dysfunction
severe lv dysfunction | severe lv systolic dysfunction | severe global hypokinesis
severely abnormal | hfref | markedly reduced | hochgradig reduziert | hochgradig eingeschrankt | severement alteree
severamente reducida | severamente deprimida | gravemente deprimida | gravemente ridotta
moderately to severely reduced | very low | moderate to severely reduced | hochgradig eingeschrankte lv funktion
ernstig verminderd | znacznie obnizona | kraftigt nedsatt | svart nedsatt | severement diminuee
severamente disminuida | gravemente reduzida | schwer eingeschrankt | critically reduced | stark eingeschrankt
hochgradig eingeschrankte | stark eingeschrankte
stark reduziert | deutlich eingeschrankt | alvorlig nedsatt | betydelig nedsatt | svaert nedsat | kraftig nedsat
selvasti alentunut | vaikeasti alentunut | tezce snizena | vyrazne snizena | sever redusa | sever scazuta
ciddi azalmis | ileri derecede azalmis | резко снижена | выраженно снижена
severe reduite | effondree | severamente reduzida | fuertemente deprimida | fortemente ridotta | sterk verminderd
mocno obnizona
""",
    }
)
"""How a report describes the value; the description must agree with it."""

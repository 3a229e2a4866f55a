"""The vocabulary of ERBB2 sequencing results, by meaning; written as ``fold`` leaves them.

A word in none of the tables, such as a gene that is not listed, makes the text unreadable.
"""

from __future__ import annotations

ERBB2 = "erbb 2 | her 2 | erbb 2 (her 2) | her 2/neu | her 2 (erbb 2) | her 2 gene | erbb 2 gene | neu"
"""The gene."""

GENES = """
egfr | kras | nras | hras | braf | alk | ros 1 | ret | met | c met | ntrk | ntrk 1 | ntrk 2 | ntrk 3 | nrg 1
pik 3 ca
tp 53 | p 53 | stk 11 | keap 1 | brca 1 | brca 2 | esr 1 | erbb 3 | her 3 | erbb 4 | fgfr 1 | fgfr 2 | fgfr 3 | pten
akt 1 | rb 1 | map 2 k 1 | idh 1 | idh 2 | cdkn 2 a | smarca 4 | ar | palb 2 | atm | grb 7 | cdk 12 | pd l 1 | nf 1
myc | ccnd 1 | mdm 2 | her 1 | erbb 1 | apc | gnas | kit | pdgfra | ctnnb 1
"""
"""Other genes in the same report: what is said of them is not said of ERBB2."""

IGNORED = """
the | a | an | of | in | is | was | for | and | with | by | at | this | gene | genes | result | results | test
testing | ngs | next generation sequencing | sequencing | pcr | somatic | tier i | tier 1 | tier ia | tier ib
tier 1 a | tier ii | tier 2 | tier iic | tier iid | tier i a | exon | kinase domain | tyrosine kinase domain | tkd
transmembrane | transmembrane domain | extracellular domain | juxtamembrane domain | lung | lung cancer | nsclc
adenocarcinoma | allele | status | reported | report | analysis | domain | known | oncogene | protein | coding
in frame | inframe | non small cell lung cancer | sample | panel | molecular | genomic | change | evidence
reportable | actionable | only | clinically significant | level 1 | de | del | dell' | d' | du | di | do | da | des
der | die | das | im | am | i | genen | genet | genie | keimbahnvariante | keimbahn | keine keimbahnvariante
keine keimbahnmutation | bewertung | beurteilung
klassifikation | klassifizierung | einstufung
classification | clasificacion | classificazione | classificacao | le | la | el | l' | il | en
em | ein | eine | einer | une | un | una | na | w | genu
gen | gens | gene erbb 2 | gene her 2 | classified as | considered | interpreted as | as
"""
"""Words that join others, or name the test and the report."""

SPECIMENS = """
tumor | tumour | tissue | plasma | liquid biopsy | ctdna | blood | gewebe | plasma cfdna | cfdna | tejido | tissu
"""
"""What was tested."""

CHANGE = """
mutation | mutations | variant | variants | activating mutation | activating | pathogenic variant | pathogenic
oncogenic | likely pathogenic | insertion | insertions | duplication | missense | missense variant | point mutation
alteration | alterations | mutated | substitution | exon 20 insertion | gain of function | hotspot mutation | mutant
insertion mutation | pathogenic variants | inframe insertion | mutacion | mutation activatrice | mutazione | mutacao
mutatie | mutacja | mutacji | mutacje | mutiert | pathogenic mutation | driver mutation | likely oncogenic
oncogene driver | clinically significant variants | reportable variants | missense mutation | ins | dup
insertion variant | yvma | ex 20 ins | ex 20 insertion | exon 20 ins | exon 20 insertions | exon 20 insertion mutation
exon 20 insertion variant | mutaciones | mutations activatrices | mutazioni | mutacoes | mutaties | mutationen
insercion | insercao | inserzione | insertie | insercja | insertion exon 20 | insertion de l' exon 20
insertion dans l' exon 20 | insercion exon 20 | insercion en el exon 20 | insercion del exon 20 | insercao no exon 20
inserzione esone 20 | inserzione dell' esone 20 | exon 20 insertionsmutation | insertionsmutation
exon 20 duplication | duplicacion | 変異 | 挿入変異 | 突变 | 插入突变 | 변이 | мутация | мутации | мутаций
duplikation | duplicazione | esone 20 | eksonu 20 | eksonie 20 | variante | varianten | varianti | variantes
wariant | warianty | varianta | mutato | mutata | mutado | mutada | treibermutation | treibermutationen | mutaatiota
mutace | mutatia | mutatii | mutasyonu | mutasyon | mutaatio | insertion i exon 20
exon 20 insertie | inzerce
エクソン 20 挿入変異 | エクソン 20 挿入 | 20 号外显子插入突变 阳性
"""
"""What a mutation is called."""

ANY_CHANGE = """
mutation | mutations | variant | variants | alteration | alterations | pathogenic variants | pathogenic mutation
clinically significant variants | reportable variants | mutacion | mutazione | mutacao | mutatie | mutacja | mutacji
mutacje | mutaciones | mutazioni | mutacoes | mutaties | mutationen | 変異 | 突变 | 변이 | мутация | мутации | мутаций
variante | varianten | varianti | variantes | wariant | warianty | varianta | treibermutation | treibermutationen
mutaatiota | mutace | mutatia | mutatii | mutasyonu
mutasyon | mutaatio | mutacje | mutationer | mutasjon | mutasjoner
"""
"""Those of them that are for any mutation: a denial of one denies all."""

FOUND = """
detected | positive | pos | found | present | identified | yes | nachgewiesen | detectada | seen | observed
nachweisbar | detectado | detectee | detecte | rilevata | riscontrata | wykryto | wykryta | aangetoond | obecna
presence | se detecta | se identifica | nachweis einer | nachweis von | 陽性 | 阳性 | あり | 変異あり | 検出 | 检出
양성 | presente | presencia | presenza | presenca | pavisad | positiva | positivo | pavist | positiv | der er pavist
retrouvee
mise en evidence | encontrada | evidenziata | wykrywa sie | prokazana | zjistena | detekovana
saptandi | tespit edildi | mevcut | todettu | pavises | identificata | gevonden | stwierdzono | обнаружена | выявлена
"""
"""It was found."""

NONE = """
not detected | none detected | negative | neg | no | not | none | absent | not found | not identified | without
wild type | wildtype | wt | not mutated | unmutated | not present | kein | keine | nicht nachgewiesen | no detectada
aucune | nessuna | undetected | not seen | not observed | negativo | negativa | negatif | negativ | nie wykryto
geen | nao detectada | non detectee | non detecte | no detectado | nicht nachweisbar | assente | ausente | absente
absence | absence d' | pas de | sin | senza | sem | no se detecta | no se detectan | non rilevata | non riscontrata
brak | nieobecna | ohne | niet aangetoond | nicht mutiert | non mutato | no mutado | non mute | wildtyp | ujemny
absence de | ausencia de | assenza di | kein nachweis | kein nachweis einer | 陰性 | 阴性 | なし | 変異なし | 未检出
음성 | нет
nezjistena | neprokazana | nedetekovana | vildtyp | vildtype | villityyppi | yok | ei | bez mutace | saptanmadi
tespit edilmedi | ei todettu | ikke pavist
ej pavisad
ingen | inga | inte pavisad | non retrouvee | no encontrada | non evidenziata | nie stwierdzono | niet gevonden
nu s a detectat | absenta | 検出されず | 未检测到
не обнаружена | не обнаружено | не выявлена | не выявлено
"""
"""It was not found."""

UNCLEAR = "exon deletion | exon del | deletion exon | in frame deletion | inframe deletion | deletion in frame"
"""A deletion within a gene: some activate ERBB2, and most reports with one mean EGFR."""

OTHER = """
amplification | amplified | gene amplification | copy number gain | copy number variation | copy number | copy gain
cnv | copy number alteration | gain | copies | fusion | gene fusion | rearrangement | rearranged | translocation
loss | copy number loss | copy loss | gene loss | deletion | gene deletion | silent | silent variant | silent mutation
synonymous | synonymous variant | benign | likely benign | uncertain significance | unknown significance | vus
variant of uncertain significance | variant of unknown significance | overexpression | overexpressed | intronic
polymorphism | nonsense | frameshift | truncating | copy number change | gene fusions | copy number increase
high level amplification | focal amplification | splice | likely benign variant | benign variant | silent change
synonymous mutation | synonymous change | feature fusion | copy number amplification | structural variant
wild type copy number | overexpressing | amplificacion | amplifikation | copy number variant | haploinsufficiency
inactivating | inactivating mutation | loss of function | amplificazione | not activating | non activating
not pathogenic | splice site | splice site variant | splice variant | stop gained | stop lost | start lost
intron variant | frameshift variant | utr variant | tier iii | tier 3 | tier iv | tier 4 | benign polymorphism
benign polymorphisms | variants of uncertain significance | variants of unknown significance | amplification genique
amplificacao | amplificatie | amplifikacja | polymorphisme | copy number normal | normal copy number
cnv gain | variante unklarer signifikanz | funktionell nicht relevant | nicht aktivierend
varianten unklarer signifikanz | variante unbekannter signifikanz
unklare signifikanz | nicht pathogen | benigne variante | wahrscheinlich benigne | benigne | polymorphismus
variant de signification indeterminee | variant de signification inconnue | signification indeterminee
variant benin | benin | non pathogene | probablement benin
variante de significado incierto | significado incierto | benigna | no patogenica | no patogenico
variante di significato incerto | significato incerto | variante benigna | non patogenetica
variante de significado incerto | significado incerto | nao patogenica | variant van onbekende betekenis
variant met onbekende klinische betekenis | onbekende betekenis | niet pathogeen | goedaardige variant
wariant o nieznanym znaczeniu | wariant o niepewnym znaczeniu | niepatogenny | lagodny | variant av oklar betydelse
variant av osaker signifikans | oklar signifikans | benign variant
variant af ukendt betydning | variant af usikker betydning | variant av usikker betydning
varianta nejasneho vyznamu | varianta neznameho vyznamu | varianta cu semnificatie incerta
onemi bilinmeyen varyant
вариант неопределенного значения | доброкачественный вариант | 意義不明 | 意义不明 | 増幅 | 扩增 | 증폭 | амплификация
"""
"""Changes that are not activating mutations."""

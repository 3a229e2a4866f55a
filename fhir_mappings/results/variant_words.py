"""The vocabulary of ERBB2 sequencing results, by meaning; written as ``fold`` leaves them.

A word in none of the tables, such as another gene, makes the text unreadable.
"""

from __future__ import annotations

IGNORED = """
the | a | an | of | in | is | was | for | and | with | by | at | this | gene | genes | erbb 2 | her 2
erbb 2 (her 2) | her 2/neu | her 2 (erbb 2) | result | results | test | testing | ngs | next generation sequencing
sequencing | pcr | tumor | tumour | tissue | plasma | liquid biopsy | ctdna | blood | somatic | tier i | tier 1
tier ia | exon | kinase domain | tyrosine kinase domain | tkd | lung | lung cancer | nsclc | adenocarcinoma | allele
status | reported | report | analysis | domain | known | oncogene | protein | coding | in frame | inframe
non small cell lung cancer | sample | panel | molecular | genomic | change | evidence
"""
"""Words that join others, or name the gene, the test and the report."""

CHANGE = """
mutation | mutations | variant | variants | activating mutation | activating | pathogenic variant | pathogenic
oncogenic | likely pathogenic | insertion | insertions | duplication | missense | missense variant | point mutation
alteration | mutated | substitution | exon 20 insertion | gain of function | hotspot mutation | mutant
insertion mutation | pathogenic variants | inframe insertion | mutacion | mutation activatrice | mutazione | mutacao
mutatie | mutacja | mutiert | pathogenic mutation | driver mutation | likely oncogenic
clinically significant variants | reportable variants | missense mutation | ins | dup | insertion variant
ex 20 ins | ex 20 insertion | exon 20 ins | exon 20 insertions | exon 20 insertion mutation | exon 20 insertion variant
"""
"""What a mutation is called."""

FOUND = """
detected | positive | pos | found | present | identified | yes | nachgewiesen | detectada | seen | observed
"""
"""It was found."""

NONE = """
not detected | none detected | negative | neg | no | not | none | absent | not found | not identified | without
wild type | wildtype | wt | not mutated | unmutated | not present | kein | keine | nicht nachgewiesen | no detectada
aucune | nessuna | undetected | not seen | not observed | negativo | negativa | negatif | negativ | nie wykryto
geen | nao detectada
"""
"""It was not found."""

OTHER = """
amplification | amplified | gene amplification | copy number gain | copy number variation | copy number | copy gain
cnv | copy number alteration | gain | copies | fusion | gene fusion | rearrangement | rearranged | translocation
loss | copy number loss | copy loss | gene loss | deletion | gene deletion | silent | silent variant
silent mutation | synonymous | synonymous variant | benign | likely benign | uncertain significance
unknown significance | vus | variant of uncertain significance | variant of unknown significance | overexpression
overexpressed | intronic | polymorphism | nonsense | frameshift | truncating | copy number change | gene fusions
copy number increase | high level amplification | focal amplification | splice | likely benign variant
benign variant | silent change | synonymous mutation | synonymous change | feature fusion
copy number amplification | structural variant | wild type copy number | overexpressing | amplificacion
amplifikation | copy number variant | haploinsufficiency | inactivating | inactivating mutation | loss of function
amplificazione | not activating | non activating | not pathogenic
"""
"""Changes that are not activating mutations."""

"""What echocardiography reports say of the rest of the heart, which changes no ejection fraction.

Only whole phrases: "right ventricle" alone would make the fraction behind it the other ventricle's.
"""

from __future__ import annotations

_LEFT_VENTRICLE = ("lv", "left ventricle", "left ventricular")
_OTHERS = ("rv", "right ventricle", "right ventricular", "la", "left atrium", "ra", "right atrium", "vd", "od", "oi")
_NORMAL = (
    *("normal {} size", "normal {} function", "normal {} systolic function", "normal {} size and function"),
    *("normal {} size and systolic function", "{} size is normal", "{} size normal", "{} function is normal"),
    *("{} function normal", "{} systolic function is normal", "{} is normal", "{} is normal in size"),
    *("{} is normal in size and function", "{} normal in size", "{} normal in size and function", "{} : normal"),
    *("{} normal size and function", "{} : normal size and function", "{} : normal size", "{} : normal cavity size"),
    *("{} size and function are normal", "{} cavity size is normal", "normal {} cavity size", "{} is not dilated"),
    *("{} : normal size and systolic function", "{} : normal size and wall thickness", "normal {} wall thickness"),
)
NORMAL_VENTRICLE = " | ".join(phrase.format(chamber) for chamber in _LEFT_VENTRICLE for phrase in _NORMAL)
"""The left ventricle is normal."""
NORMAL_CHAMBERS = " | ".join(phrase.format(chamber) for chamber in _OTHERS for phrase in (*_NORMAL, "{} normal"))
"""Another chamber is normal. A number behind it would be its own."""
DEGREES = """
no | no significant | trace | trivial | minimal | mild | mild to moderate | moderate | severe | small | physiologic
trace to mild | without | no evidence of
"""
"""How much of a finding there is."""
FINDINGS = """
mr | tr | ar | pr | ai | as | mitral regurgitation | tricuspid regurgitation | aortic regurgitation | regurgitation
pulmonic regurgitation | pulmonary regurgitation | mitral insufficiency | aortic insufficiency | tricuspid insufficiency
lvh | left ventricular hypertrophy | concentric lvh | aortic stenosis | mitral stenosis | aortic sclerosis | effusion
pericardial effusion | valve disease | valvular disease | valvular heart disease | valve abnormality | shunt
valve abnormalities | valvular abnormality | valvular abnormalities | pulmonary hypertension | thrombus | vegetation
left atrial enlargement
"""
"""Findings at the valves, the walls and the pericardium; they count only behind a degree, as MR is also a method."""

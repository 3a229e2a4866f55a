"""What echocardiography reports say of the rest of the heart, which changes no ejection fraction.

Only whole phrases: "right ventricle" alone would make the fraction behind it the other ventricle's.
"""

from __future__ import annotations

_PARTS = (
    *("rv", "right ventricle", "right ventricular", "lv", "left ventricle", "left ventricular", "la", "left atrium"),
    *("left atrial", "ra", "right atrium", "right atrial", "lv cavity", "biatrial"),
)
_NORMAL = (
    *("normal {} size", "normal {} function", "normal {} systolic function", "normal {} size and function"),
    *("normal {} size and systolic function", "{} size is normal", "{} size normal", "{} function is normal"),
    *("{} function normal", "{} systolic function is normal", "{} systolic function normal", "{} is normal"),
    *(
        "{} is normal in size",
        "{} is normal in size and function",
        "{} normal in size",
        "{} normal in size and function",
    ),
    *("{} normal size and function", "{} : normal size and function", "{} : normal size", "{} : normal cavity size"),
    *("{} : normal", "{} wall thickness is normal", "normal {} wall thickness", "{} size and function are normal"),
    *("{} size and function normal", "{} cavity size is normal", "normal {} cavity size", "{} is not dilated"),
    *("{} : normal size and systolic function", "{} : normal size and wall thickness", "{} not dilated"),
)
_DEGREES = (
    *("no", "no significant", "trace", "trivial", "minimal", "mild", "mild to moderate", "moderate", "severe", "small"),
    *("physiologic", "trace to mild", "without", "no evidence of"),
)
_FINDINGS = (
    *("mr", "tr", "ar", "pr", "ai", "as", "mitral regurgitation", "tricuspid regurgitation", "aortic regurgitation"),
    *("pulmonic regurgitation", "pulmonary regurgitation", "mitral insufficiency", "aortic insufficiency", "lvh"),
    *("aortic stenosis", "mitral stenosis", "valve disease", "valvular disease", "valvular heart disease", "effusion"),
    *("pericardial effusion", "left ventricular hypertrophy", "concentric lvh", "pulmonary hypertension", "thrombus"),
    *("left atrial enlargement", "valvular abnormality", "valvular abnormalities", "aortic sclerosis", "regurgitation"),
    *("tricuspid insufficiency", "valve abnormality", "valve abnormalities", "vegetation", "shunt"),
)
ECHO = " | ".join(
    (
        *(phrase.format(part) for part in _PARTS for phrase in _NORMAL),
        *(f"{degree} {finding}" for degree in _DEGREES for finding in _FINDINGS),
    )
)
"""Normal chambers, and valves and the pericardium in any state."""

"""The style of the page of an impact: for light and dark surroundings, small and large screens, and paper."""

from __future__ import annotations

from typing import Final

# By outcome: the colour on light ground and on dark ground. Each stands out from its ground by three to one or more,
# and words stand beside every colour.
_COLOURS: Final = {
    "covered": ("#0069a8", "#5cb8f0"),
    "medically-necessary": ("#00786a", "#3fc7b4"),
    "not-covered": ("#b8480b", "#f2915a"),
    "not-medically-necessary": ("#a8326b", "#f08bb8"),
    "experimental-investigational-unproven": ("#8a5a00", "#dcae4c"),
    "deferred": ("#6446a8", "#b3a0f0"),
    "not-addressed": ("#5c6670", "#a3adb8"),
    "not-encoded": ("#6b6a2a", "#bdbb6c"),
    "undetermined": ("#555555", "#b8b8b8"),
    "no-version-in-effect": ("#34506e", "#8fb0d4"),
    "no-policy-on-file": ("#3d3d3d", "#d0d0d0"),
}


def _colours(ground: int) -> str:
    return "".join(f".{name}{{--of:{colours[ground]}}}" for name, colours in _COLOURS.items())


_LAYOUT: Final = """
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#57606a;--ground:#ffffff;--line:#c9d1d9;--raised:#f4f6f8}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:64rem;background:var(--ground);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.25rem 0 .5rem;break-after:avoid;overflow-wrap:anywhere}
p{margin:.25rem 0;overflow-wrap:anywhere}
.kind{color:var(--dim);text-transform:uppercase;letter-spacing:.06em;font-size:.8rem}
.summary{margin:1rem 0;padding:.75rem 1rem;background:var(--raised);border-left:4px solid var(--ink)}
dl{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1rem 0}
dt{color:var(--dim);font-size:.85rem}
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
figure{margin:1.5rem 0}
figcaption,caption{color:var(--dim);font-size:.9rem}
.wide{overflow-x:auto}
svg{display:block;width:100%;min-width:44rem;height:auto}
svg text{fill:var(--ink);font-size:15px}
svg .heading{font-weight:600}
svg .count{fill:var(--dim);font-size:14px}
.bar{fill:var(--of)}
.band path{fill:var(--of);stroke:var(--of);stroke-width:.75}
.band.same path{fill-opacity:.13;stroke-opacity:.35}
.band.changed path{fill-opacity:.6}
.band:hover path{fill-opacity:.85}
.ground{fill:var(--ground)}
.stripe{stroke:var(--of);stroke-width:5}
.bar.undetermined,.band.undetermined path{fill:url(#hatch)}
.bar.undetermined{stroke:var(--of)}
table{border-collapse:collapse;width:100%;min-width:32rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.25rem 0}
th,td{text-align:left;vertical-align:top;font-weight:normal;padding:.35rem .6rem;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th:first-child{padding-left:0}
tr>:last-child{padding-right:0}
thead th{font-weight:600;border-bottom:2px solid var(--ink)}
thead th.count,td.count{text-align:right}
td.count{white-space:nowrap}
thead th{vertical-align:bottom}
tbody th[scope=rowgroup]{font-weight:600}
small{color:var(--dim);font-size:.85em}
tbody th,td{min-width:9rem}
td.count{min-width:0}
tbody th code{display:block;max-width:22rem;overflow-wrap:anywhere}
h1 bdi,h2 code,th bdi{overflow-wrap:anywhere}
.key{display:inline-block;width:.75em;height:.75em;margin-right:.5em;background:var(--of);border:1px solid var(--of)}
.key.undetermined{background:repeating-linear-gradient(45deg,var(--of) 0 2px,var(--ground) 2px 4px)}
footer{margin-top:3rem;color:var(--dim);font-size:.85rem}
"""
_DARK: Final = "--ink:#e6edf3;--dim:#a0abb7;--ground:#0f1419;--line:#3a434d;--raised:#1a2129"
_PRINT: Final = """
body{max-width:none;padding:0;font-size:10pt}
svg,table{min-width:0}
tbody th,td{min-width:5rem}
.wide{overflow:visible}
thead{display:table-header-group}
tr,figure,.summary{break-inside:avoid}
.key,.bar,.band path{print-color-adjust:exact;-webkit-print-color-adjust:exact}
"""
STYLE: Final = (
    f"{_LAYOUT}{_colours(0)}\n#hatch{{--of:{_COLOURS['undetermined'][0]}}}\n"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_DARK}}}{_colours(1)}"
    f"#hatch{{--of:{_COLOURS['undetermined'][1]}}}}}\n"
    f"@media print{{:root{{color-scheme:light}}{_PRINT}}}\n"
)

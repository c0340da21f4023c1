" Vim syntax of the Eris language. Made by `make docs` from the source; edit that.
if exists("b:current_syntax")
  finish
endif

syntax iskeyword @,48-57,_
syntax match erisName /\<\K\k*\>/
syntax match erisField /\<\K\k*\>\ze\s*=[^=]/
syntax match erisClause /\<\(after\|and\|as\|at\|before\|between\|by\|confidence\|do\|during\|every\|extends\|for\|from\|in\|iteration\|jitter\|largest\|most\|of\|on\|over\|random\|severity\|then\|together\|until\|when\|where\|with\|run\|step\|load\)\>\(\s*[={]\)\@!/
syntax match erisItem /\({\s*\|^\s\+\)\@<=\(node\|service\|network\|router\|server\|place\|run\|arrivals\|think\|ramp\|hold\|step\|fault\|use\|sweep\|repeat\|check\|budget\)\>\(\s*[={]\)\@!/
syntax match erisCall /\<\K\k*\>\ze\s*(/
syntax match erisFunction /\<\(apdex\|availability\|count\|degradation\|downtime\|downtime_rally_runners\|histogram\|max\|mean\|min\|mttr\|mttr_rally_runners\|rate\|ratio\|recover\|recovery\|stddev\|sum\|throughput_at\|trimmed_mean\|p\d\d\?\(_\d\+\)\?\)\>\ze\s*(/
syntax match erisType /\(:\s*\)\@<=\(bitrate\|bool\|byte_rate\|count\|duration\|int\|io_rate\|iterations\|number\|packet_rate\|rate\|ratio\|runs\|size\|string\|users\)\>/
syntax keyword erisConstant true false critical major minor
syntax match erisStatement /^\(edition\|import\|param\|seed\|architecture\|topology\|workload\|faults\|kpi\|slo\|experiment\|image\|metric\|limit\|suite\|table\|action\|load\|event\|source\)\>/
syntax match erisOperator /->\|\.\.\|[<>]=\?\|[=!]=\|[=+*^-]/
syntax match erisNumber /\<\d[0-9_]*\(\.\d\+\)\?\>/
syntax match erisQuantity /\<\d[0-9_]*\(\.\d\+\)\?\s*\(iterations\|iteration\|per\s\+min\|Gbit\/s\|Mbit\/s\|Tbit\/s\|kbit\/s\|GiB\/s\|KiB\/s\|MiB\/s\|bit\/s\|per\s\+d\|per\s\+h\|per\s\+s\|req\/s\|users\|GB\/s\|KB\/s\|MB\/s\|iops\|runs\|user\|B\/s\|GiB\|KiB\|MiB\|TiB\|min\|pps\|run\|GB\|KB\|MB\|TB\|ms\|us\|%\|B\|d\|h\|s\)\(\k\)\@!/ contains=erisUnit
syntax match erisUnit /\(iterations\|iteration\|per\s\+min\|Gbit\/s\|Mbit\/s\|Tbit\/s\|kbit\/s\|GiB\/s\|KiB\/s\|MiB\/s\|bit\/s\|per\s\+d\|per\s\+h\|per\s\+s\|req\/s\|users\|GB\/s\|KB\/s\|MB\/s\|iops\|runs\|user\|B\/s\|GiB\|KiB\|MiB\|TiB\|min\|pps\|run\|GB\|KB\|MB\|TB\|ms\|us\|%\|B\|d\|h\|s\)/ contained
syntax region erisString start=/"/ skip=/\\./ end=/"\|$/
syntax match erisComment /\/\/.*/ contains=erisAllow,@Spell
syntax match erisAllow /erisc:\s*allow\>/ contained

highlight default link erisStatement Statement
highlight default link erisItem Keyword
highlight default link erisClause Keyword
highlight default link erisField Identifier
highlight default link erisType Type
highlight default link erisFunction Function
highlight default link erisCall Function
highlight default link erisConstant Constant
highlight default link erisNumber Number
highlight default link erisQuantity Number
highlight default link erisUnit Special
highlight default link erisString String
highlight default link erisOperator Operator
highlight default link erisComment Comment
highlight default link erisAllow SpecialComment

let b:current_syntax = "eris"

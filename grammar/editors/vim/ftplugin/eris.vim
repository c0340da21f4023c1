" Eris specs: comments, indentation, `:make` runs erisc lint, `gq` formats with erisc fmt.
if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1

setlocal commentstring=//\ %s comments=:// formatoptions-=t formatoptions+=croql
setlocal expandtab shiftwidth=2 softtabstop=2 textwidth=0
setlocal iskeyword=@,48-57,_
setlocal makeprg=erisc\ lint\ --format\ concise\ %:S
setlocal errorformat=%f:%l:%c:\ %t%n\ %m
setlocal formatprg=erisc\ fmt\ -

let b:undo_ftplugin = "setlocal commentstring< comments< formatoptions< expandtab< shiftwidth< softtabstop< textwidth< iskeyword< makeprg< errorformat< formatprg<"

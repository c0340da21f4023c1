autocmd BufRead,BufNewFile *.eris setfiletype eris

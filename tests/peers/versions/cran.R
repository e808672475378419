# R's compareVersion on pairs from standard input. (R's operators on numeric_version take
# 2 and 2.0 for equal; its package manager asks compareVersion, which puts 2 first.)
refused <- character()
read <- function(text) {
  version <- tryCatch(numeric_version(text), error = function(e) NULL)
  if (is.null(version)) refused <<- c(refused, text)
  # Over 31 bits R's numbers are missing values, and it compares nothing.
  if (is.null(version) || anyNA(unlist(version))) NULL else text
}
for (line in readLines(file("stdin"))) {
  pair <- strsplit(line, "\t")[[1]]
  a <- suppressWarnings(read(pair[1]))
  b <- suppressWarnings(read(pair[2]))
  if (is.null(a) || is.null(b)) next
  cat(a, c("<", "=", ">")[compareVersion(a, b) + 2], paste0(b, "\n"))
}
writeLines(paste(unique(refused), "=", unique(refused)), Sys.getenv("REFUSED"))

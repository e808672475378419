# RubyGems' Gem::Version on pairs from standard input.
$stdin.each_line(chomp: true) do |line|
  a, b = line.split("\t")
  next unless Gem::Version.correct?(a) && Gem::Version.correct?(b)

  puts "#{a} #{'<=>'[(Gem::Version.new(a) <=> Gem::Version.new(b)) + 1]} #{b}"
end

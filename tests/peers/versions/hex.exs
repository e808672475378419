# Elixir's Version, which Hex uses, on pairs from standard input.
for line <- IO.stream(:stdio, :line) do
  [a, b] = line |> String.trim_trailing("\n") |> String.split("\t")

  with {:ok, first} <- Version.parse(a), {:ok, second} <- Version.parse(b) do
    sign = %{lt: "<", eq: "=", gt: ">"}[Version.compare(first, second)]
    IO.puts("#{a} #{sign} #{b}")
  end
end

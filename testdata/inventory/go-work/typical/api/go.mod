module corp.example/api

go 1.24.0

require (
	corp.example/common v0.0.0
	github.com/pelletier/go-toml/v2 v2.2.4
	go.uber.org/zap v1.26.0
)

require (
	go.uber.org/multierr v1.11.0 // indirect
	golang.org/x/text v0.15.0 // indirect
)

replace (
	corp.example/common => ../lib/common
	github.com/pelletier/go-toml/v2 => github.com/fork/toml/v2 v2.9.0
)

module corp.example/worker

go 1.24.0

require (
	corp.example/common v0.0.0
	go.uber.org/zap v1.27.0
	golang.org/x/net v0.25.0
)

require (
	go.uber.org/multierr v1.10.0 // indirect
	golang.org/x/text v0.15.0 // indirect
)

exclude golang.org/x/net v0.99.0

replace corp.example/common => ../lib/common

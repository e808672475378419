module corp.example/gateway

go 1.22.0

toolchain go1.22.5

require (
	github.com/BurntSushi/toml v1.4.0
	"corp.example/auth" v0.0.0 // own, never published
	github.com/old/name v1.0.0
	golang.org/x/text v0.16.0 // indirect
	github.com/skip/me v1.2.0 // indirect
)

require corp.example/copy v1.5.0

exclude github.com/skip/me v1.1.0

replace (
	github.com/old/name v1.0.0 => github.com/new/name v1.0.1
	github.com/old/name => github.com/other/name v9.0.0
	corp.example/auth => ../auth
	corp.example/copy v1.5.0 => ./third_party/copy
)

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

exclude github.com/sk
module app.example/app

go 1.22

requires (
	dep.example/dep v2.0.0+incompatible
)

module app.example/app

go 1.22

require dep.example/dep v1.2.0

exclude dep.example/dep v1.2.0

"""What Purveyor costs, beside a floor and its peers. Method and use: README.md in this folder."""

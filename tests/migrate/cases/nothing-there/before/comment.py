# class Provider: is only a comment

import Striate
print("striate")

import Striate

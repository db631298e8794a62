import ArgumentParser
import Hummingbird
import Logging
import ServiceLifecycle
print("x")

import Foundation

/// Says on standard error what is under way.
func say(_ message: String) {
    FileHandle.standardError.write(Data("bench: \(message)\n".utf8))
}

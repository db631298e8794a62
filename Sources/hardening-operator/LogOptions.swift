import ArgumentParser
import Logging

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// How to log.
struct LogOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "The least severe log lines to write.")
    var logLevel = Logger.Level.info

    @Option(help: "How to write log lines, to standard error.")
    var logFormat = Format.text

    func logger() -> Logger {
        let format = logFormat
        var logger = Logger(label: "hardening-operator") { label in
            switch format {
            case .text: PrintableLogHandler(StreamLogHandler.standardError(label: label), isQuoting: true)
            case .json: PrintableLogHandler(JSONLogHandler())
            }
        }
        logger.logLevel = logLevel
        return logger
    }
}

// SPDX-License-Identifier: Apache-2.0
#include "compile/doc_comments.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/Decl.h>
#include <clang/AST/DeclGroup.h>
#include <clang/AST/RawCommentList.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/MultiplexConsumer.h>

#include <sstream>

#include <nlohmann/json.hpp>

namespace avocet::c {

namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

// "@WORD rest" -> {"WORD", "rest"}; lines without a word go on with what was last.
std::vector<std::pair<std::string, std::string>> parts_of(const std::string& comment) {
    std::vector<std::pair<std::string, std::string>> out = {{"", ""}};
    std::istringstream lines(comment);
    for (std::string line; std::getline(lines, line);) {
        const size_t begin = line.find_first_not_of(" \t");
        if (begin == std::string::npos) continue;
        line.erase(0, begin);
        if (line[0] == '@') {
            const size_t end = std::min(line.find_first_of(" \t"), line.size());
            out.emplace_back(line.substr(1, end - 1), end < line.size() ? line.substr(end + 1) : "");
        } else {
            out.back().second += (out.back().second.empty() ? "" : " ") + line;
        }
    }
    return out;
}

class DocComments final : public clang::ASTConsumer {
public:
    void Initialize(clang::ASTContext& context) override { context_ = &context; }
    bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
        for (clang::Decl* decl : group)
            if (auto* variable = llvm::dyn_cast<clang::VarDecl>(decl)) read(*variable);
        return true;
    }

private:
    void read(clang::VarDecl& variable) {
        if (variable.hasLocalStorage() || !variable.hasGlobalStorage()) return;
        const clang::SourceManager& sources = context_->getSourceManager();
        if (!sources.isInMainFile(sources.getExpansionLoc(variable.getLocation()))) return;
        const clang::RawComment* comment = context_->getRawCommentForDeclNoCache(&variable);
        if (!comment || !comment->isDocumentation()) return;
        const auto* section = variable.getAttr<clang::SectionAttr>();
        const bool is_map = section && section->getName() == ".maps";
        if (section && !is_map) return;
        for (const auto& [word, text] : parts_of(comment->getFormattedText(sources, context_->getDiagnostics()))) {
            const json object = json::parse(text, nullptr, false);
            if (is_map && word == "sample" && object.is_object())
                sample(variable, object);
            else if (!is_map && word == "cmdarg" && object.is_object())
                argument(variable, object);
            else if (!is_map && (word.empty() || word == "description") && !text.empty())
                tag(variable, "help=", text);
        }
    }

    void argument(clang::VarDecl& variable, const json& said) {
        std::string name = text_of(said, "long");
        if (const std::string letter = text_of(said, "short"); letter.size() == 1)
            name += (name.empty() ? "" : ",") + letter;
        tag(variable, "option=", name);
        tag(variable, "help=", text_of(said, "help"));
        tag(variable, "default=", text_of(said, "default"));
    }

    void sample(clang::VarDecl& map, const json& said) {
        if (const std::string ms = text_of(said, "interval"); !ms.empty()) tag(map, "interval=", ms + "ms");
        const std::string type = text_of(said, "type");
        if (type == "log2_hist" && !has_slots(map)) tag(map, "hist=", "log2");
        if (type == "linear_hist" && !has_slots(map)) tag(map, "hist=", "linear");
        if (type == "default_kv") tag(map, "table", "");
        if (text_of(said, "clear_map") == "true") tag(map, "clear", "");
    }

    // A value with an array `slots` is a histogram of its own.
    static bool has_slots(const clang::VarDecl& map) {
        const auto* definition = map.getType()->getAs<clang::RecordType>();
        if (!definition) return false;
        for (const clang::FieldDecl* field : definition->getDecl()->fields()) {
            if (field->getName() != "value" || !field->getType()->isPointerType()) continue;
            const auto* value = field->getType()->getPointeeType()->getAs<clang::RecordType>();
            for (const clang::FieldDecl* member :
                 value ? value->getDecl()->fields() : clang::RecordDecl::field_range({}, {}))
                if (member->getName() == "slots") return true;
        }
        return false;
    }

    void tag(clang::VarDecl& variable, const std::string& word, const std::string& text) {
        if (word.ends_with("=") && text.empty()) return;
        for (const auto* said : variable.specific_attrs<clang::BTFDeclTagAttr>())
            if (said->getBTFDeclTag().starts_with("avocet:" + word)) return;
        variable.addAttr(clang::BTFDeclTagAttr::CreateImplicit(*context_, "avocet:" + word + text));
    }

    clang::ASTContext* context_ = nullptr;
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> read_doc_comments(std::unique_ptr<clang::ASTConsumer> next) {
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(std::make_unique<DocComments>());
    consumers.push_back(std::move(next));
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
}

}  // namespace avocet::c
